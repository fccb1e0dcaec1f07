// Many honest clients in one process, or clients that only take up room.
import { createHash, randomBytes } from 'node:crypto';
import { VCLConnection } from '../../../packages/vcl-protocol/dist/index.js';
import { serve } from './orders.mjs';

/** Handshakes under way at a time, as if people came one after the other and not all at once. */
const ARRIVING = 16;
const STALL_MARK = Buffer.from('stall');
const STALL_MESSAGE_BYTES = 16 * 1024;
/** A writer that waits so long in front of a full window is stalled for good. */
const STALLED_MS = 1_000;

let connections = [];

serve({
  /** Brings up `count` sessions. */
  async connect({ count, local, server, serverKey, connectTimeoutMs, perSecond }) {
    const options = { server: Buffer.from(serverKey, 'hex') };
    let left = count;
    const failures = [];
    const start = performance.now();
    const comeOneByOne = async () => {
      while (left-- > 0) {
        const dueAt = perSecond === undefined ? 0 : start + (1000 * (count - left)) / perSecond;
        await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
        const connection = await VCLConnection.bind(`${local}:0`);
        const signal = connectTimeoutMs && AbortSignal.timeout(connectTimeoutMs);
        try {
          await connection.connect(server, { ...options, ...(signal && { signal }) });
          connections.push(connection);
        } catch (error) {
          failures.push(String(error));
          await connection.close().catch(() => {});
        }
      }
    };
    await Promise.all(Array.from({ length: ARRIVING }, comeOneByOne));
    return { connected: connections.length, failures, ms: performance.now() - start };
  },
  /** Every session sends so much and wants the same back. */
  async echo({ bytes, messageBytes }) {
    const start = performance.now();
    const outcomes = await Promise.allSettled(
      connections.map((one) => echo(one, bytes, messageBytes)),
    );
    const failures = outcomes.flatMap(({ reason }) =>
      reason === undefined ? [] : [String(reason)],
    );
    return { failures, ms: performance.now() - start };
  },
  /** Every session has the server stop reading and sends until nothing more fits. */
  async stall() {
    const sent = await Promise.all(connections.map(sendUntilStalled));
    return { sent: sent.reduce((sum, bytes) => sum + bytes, 0) };
  },
  async leave() {
    for (const connection of connections) connection.abort();
    connections = [];
    return {};
  },
});

async function echo(connection, bytes, messageBytes) {
  const sent = createHash('sha256');
  const back = createHash('sha256');
  const sending = (async () => {
    for (let left = bytes; left > 0; left -= messageBytes) {
      const payload = randomBytes(Math.min(left, messageBytes));
      sent.update(payload);
      await connection.send(payload);
    }
  })();
  for (let left = bytes; left > 0; ) {
    const { payload } = await connection.recv();
    back.update(payload);
    left -= payload.length;
  }
  await sending;
  if (sent.digest('hex') !== back.digest('hex')) throw new Error('something else came back');
}

async function sendUntilStalled(connection) {
  await connection.send(STALL_MARK);
  const payload = randomBytes(STALL_MESSAGE_BYTES);
  for (let sent = 0; ; sent += payload.length) {
    const isAccepted = await Promise.race([
      connection.send(payload).then(
        () => true,
        () => false,
      ),
      new Promise((resolve) => setTimeout(resolve, STALLED_MS, false)),
    ]);
    if (!isAccepted) return sent;
  }
}
