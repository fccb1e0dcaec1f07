import { VCLConnection } from '../../../packages/vcl-protocol/dist/index.js';
import { childId, until } from './place.mjs';

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
