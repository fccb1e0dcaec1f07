import { setTimeout as pause } from 'node:timers/promises';
import {
  KeyPair,
  VCLConfig,
  VCLConnection,
  VCLListener,
} from '../../../packages/vcl-protocol/dist/index.js';
import { childId, until } from './place.mjs';
import { Relay } from './relay.mjs';

const MESSAGE_BYTES = 64 * 1024;
const NOWHERE = 'quic://127.0.0.1:0';

/** A session with messages under way, whose process is killed: it connects anew, and nothing is lost. */
export async function killedUnderSession(bytes) {
  const count = Math.ceil(bytes / MESSAGE_BYTES);
  const server = await VCLConnection.bind(NOWHERE, { clients: 'any' });
  const accepting = server.acceptHandshake({ signal: AbortSignal.timeout(10_000) });
  const client = await VCLConnection.bind(NOWHERE);
  const address = `quic://127.0.0.1:${server.localAddress().port}`;
  await client.connect(address, { server: server.getPublicKey() });
  await accepting;
  const numbers = [];
  const reading = readNumbers(server, numbers, count);
  const writing = writeNumbers(client, count);
  // Its failure shows in what arrives.
  Promise.allSettled([reading, writing]);
  await until(() => numbers.length > count / 3);
  const [pid, at] = [childId(), numbers.length];
  const killedAt = performance.now();
  process.kill(pid, 'SIGKILL');
  const goesOn = await until(() => numbers.length > at + 20, 15_000);
  const backMs = performance.now() - killedAt;
  const isWhole = goesOn && (await until(() => numbers.length === count, 30_000));
  const problems = isWhole ? [] : [`${numbers.length} of ${count} messages arrived`];
  if (numbers.some((number, i) => number !== i)) problems.push('the order is another');
  if (childId() === pid) problems.push('the process is the same');
  if (isWhole) await Promise.all([reading, writing]);
  await Promise.allSettled([client.close(), server.close()]);
  return { note: `messages come again after ${backMs.toFixed(0)} ms`, problems };
}

async function readNumbers(connection, numbers, count) {
  while (numbers.length < count) {
    const { payload } = await connection.recv();
    numbers.push(new DataView(payload.buffer, payload.byteOffset).getUint32(0));
  }
}

async function writeNumbers(connection, count) {
  for (let i = 0; i < count; i++) {
    const message = new Uint8Array(MESSAGE_BYTES);
    new DataView(message.buffer).setUint32(0, i);
    await connection.send(message);
  }
}

/**
 * A client that comes back: its first message travels as 0-RTT and is handed over before its session
 * is up. The whole flight is sent once more while that lives, and after it: nothing comes twice.
 */
export async function earlyInSession() {
  const config = { ...VCLConfig.auto(), delivery: 'authenticated' };
  const identity = KeyPair.generate();
  const heard = [];
  const onEarlyData = ({ messages }) => {
    for (const { payload } of messages) heard.push(`early ${text(payload)}`);
  };
  const listener = await VCLListener.bind(NOWHERE, { clients: 'any', config, onEarlyData });
  const relay = await Relay.open(listener.localAddress().port);
  const problems = [];
  try {
    await comeTo(listener, relay, { identity, config, heard, message: 'first' });
    relay.recorded.splice(0);
    const { session, earlyFirst, leadMs } = await comeTo(listener, relay, {
      identity,
      config,
      heard,
      message: 'second',
    });
    if (!earlyFirst) problems.push('the message came no earlier than the session');
    const flight = [...relay.recorded];
    await relay.replay(flight);
    await pause(500);
    await session.close();
    await relay.replay(flight);
    await pause(1_500);
    const expected = 'first, early second';
    if (heard.join(', ') !== expected) problems.push(`heard ${heard.join(', ')}, not ${expected}`);
    if (listener.connections.size > 0) problems.push('a replay has opened a session');
    return { note: `handed over ${leadMs.toFixed(1)} ms before the handshake ended`, problems };
  } finally {
    await listener.close();
    relay.close();
  }
}

/** Connects through the relay; all that the session hands out goes to `heard`. */
async function comeTo(listener, relay, { identity, config, heard, message }) {
  const client = await VCLConnection.bind(NOWHERE, { identity, config });
  const before = heard.length;
  let earlyAt;
  const watching = until(() => {
    if (heard.length === before) return false;
    earlyAt ??= performance.now();
    return true;
  }, 2_000);
  const server = listener.getPublicKey();
  const accepting = listener.accept();
  await client.connect(`quic://127.0.0.1:${relay.port}`, { server, earlyData: [message] });
  const upAt = performance.now();
  const earlyFirst = heard.length > before;
  const connection = await accepting;
  void readAll(connection, heard);
  await watching;
  // The ticket comes with the first records of the server.
  await client.ping();
  if (!earlyFirst) {
    await until(() => heard.length > before);
    await client.close();
  }
  return { session: client, earlyFirst, leadMs: upAt - (earlyAt ?? upAt) };
}

async function readAll(connection, heard) {
  for await (const { payload } of connection) heard.push(text(payload));
}

const text = (payload) => new TextDecoder().decode(payload);
