// Cases in which one side is killed: the other one ends within the idle timeout, give or take.
import { encodePublicKey, MemoryNetwork } from '../../../packages/vcl-protocol/dist/index.js';
import { delay, within } from '../../lib/carriers/waiting.mjs';
import { Worker } from '../../lib/carriers/worker.mjs';

const PEER = new URL('peer.mjs', import.meta.url);
const IDLE_TIMEOUT_MS = 1_500;
/** What the idle timeout leaves to probes that the side itself sends, and to a busy machine. */
const LIMIT_MS = 3 * IDLE_TIMEOUT_MS + 3_000;
const MESSAGE = new Uint8Array(1_000);

/** The process of the peer gets SIGKILL while both sides send. @param side which one is killed */
export function lossOf(side) {
  return async (tools) => {
    if (tools.carrier.network === 'memory') return await unplugged(tools, side);
    const killed = side === 'server' ? serverIsKilled : clientIsKilled;
    return await killed(tools);
  };
}

async function serverIsKilled(tools) {
  const server = new Worker(PEER);
  try {
    const { name } = tools.carrier;
    const place = await server.order('serve', { carrier: name, surroundings: tools.portable });
    const client = await tools.bindClient({ idleTimeoutMs: IDLE_TIMEOUT_MS });
    try {
      await client.connect(place.address, { server: place.serverKey });
      return await endOf(client, () => server.kill());
    } finally {
      client.abort();
    }
  } finally {
    server.kill();
  }
}

async function clientIsKilled(tools) {
  const client = new Worker(PEER);
  try {
    return await tools.withScene({ server: { idleTimeoutMs: IDLE_TIMEOUT_MS } }, async (scene) => {
      const accepted = scene.listener.accept();
      await client.order('connect', {
        carrier: tools.carrier.name,
        surroundings: tools.portable,
        address: scene.address(),
        serverKey: encodePublicKey(scene.listener.getPublicKey()),
      });
      return await endOf(await accepted, () => client.kill());
    });
  } finally {
    client.kill();
  }
}

/** In memory there is no process to kill: nothing is delivered any more. */
async function unplugged(tools, side) {
  let isPlugged = true;
  const memory = new MemoryNetwork({ delivers: () => isPlugged });
  const options = { client: { idleTimeoutMs: IDLE_TIMEOUT_MS }, memory };
  return await tools.withScene(options, async (scene) => {
    const pair = await scene.connect();
    const other = side === 'server' ? pair.client : pair.server;
    return await endOf(other, () => {
      isPlugged = false;
    });
  });
}

/** Both sides are talking; then one of them is gone. @returns how the other one ended */
async function endOf(connection, strike) {
  const sending = keepSending(connection);
  await delay(200);
  strike();
  const start = performance.now();
  const { error } = await within(LIMIT_MS, 'the other side ends', sending);
  const code = await connection.recv().then(
    () => 'a message',
    (end) => end.code,
  );
  const ms = Math.round(performance.now() - start);
  const problems = [];
  if (error.code !== 'ConnectionClosed') problems.push(`send failed with ${error.code}`);
  if (code !== 'Timeout') problems.push(`recv ended with ${code}`);
  return { note: `${ms} ms`, problems };
}

async function keepSending(connection) {
  const reading = (async () => {
    for await (const _ of connection);
  })();
  reading.catch(() => {});
  for (;;) {
    try {
      await connection.send(MESSAGE);
    } catch (error) {
      return { error };
    }
    await delay(5);
  }
}
