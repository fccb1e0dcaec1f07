// The case of a reader that does not read: the writer has to wait, and nobody's memory fills.
import { Worker } from '../../lib/carriers/worker.mjs';

const KIB = 1024;
const MIB = 1024 * KIB;
const MESSAGE_BYTES = 64 * KIB;
const WARM_UP = (4 * MIB) / MESSAGE_BYTES;
/** A send buffer of 4 MiB, a receive window of 16 MiB, and what the system and the carrier hold. */
const AHEAD_LIMIT_BYTES = 36 * MIB;
/** Both sides are in one process. */
const GROWTH_LIMIT_BYTES = 96 * MIB;
const LIMIT_MS = 180_000;

/** @param side which one does not read */
export function slowReader(side) {
  return async ({ carrier, portable }, { isFull }) => {
    const count = ((isFull ? 512 : 32) * MIB) / MESSAGE_BYTES;
    const worker = new Worker(new URL('peer.mjs', import.meta.url));
    try {
      const work = { messageBytes: MESSAGE_BYTES, warmUp: WARM_UP, count, side };
      const held = await worker.order(
        'squeeze',
        { carrier: carrier.name, surroundings: portable, ...work, holdMs: isFull ? 10_000 : 300 },
        LIMIT_MS,
      );
      return verdict(held, count);
    } finally {
      worker.kill();
    }
  };
}

function verdict({ ahead, extra, memory, seconds, isSame, wrong }, count) {
  const problems = [];
  const aheadBytes = ahead * MESSAGE_BYTES;
  if (ahead >= count) problems.push('the writer never had to wait');
  if (extra > 0) problems.push(`${extra} messages were accepted after the standstill had begun`);
  if (aheadBytes > AHEAD_LIMIT_BYTES) problems.push(`the writer got ${mib(aheadBytes)} ahead`);
  if (memory.growthBytes > GROWTH_LIMIT_BYTES) {
    problems.push(`the process grew by ${mib(memory.growthBytes)}`);
  }
  if (!isSame || wrong > 0) problems.push(`what arrived is not what was sent: ${wrong} wrong`);
  const rest = ((count * MESSAGE_BYTES) / 1e6 / seconds).toFixed(0);
  const note = `${mib(aheadBytes)} ahead, memory +${mib(memory.growthBytes)}, then ${rest} MB/s`;
  return { note, problems };
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
