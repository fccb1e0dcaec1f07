// The stall suite: a writer that waits for `send` in front of a reader that does not read stands
// still and does not fill the memory; when the reader reads, everything arrives. Two processes over
// UDP on this machine. `npm run stall [-- --full]`
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { StalledTransfer } from './stall/stalled-transfer.mjs';

const KIB = 1024;
const MIB = 1024 * KIB;

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
const { full } = values;
const endsAt = performance.now() + (full ? 15 * 60_000 : 90_000);

/** The warm-up is read at once and lets the receive window grow. */
const transfers = [
  {
    name: '64 KiB messages',
    messageBytes: 64 * KIB,
    warmUp: (16 * MIB) / (64 * KIB),
    count: ((full ? 1024 : 64) * MIB) / (64 * KIB),
    // The full run stands still for longer than the idle timeout.
    holdMs: full ? 75_000 : 2_000,
  },
  {
    name: '16-byte messages',
    messageBytes: 16,
    warmUp: 50_000,
    count: full ? 2_000_000 : 100_000,
    holdMs: 2_000,
  },
];

const checks = new Checks();
for (const options of transfers) {
  const transfer = new StalledTransfer({ ...options, endsAt });
  try {
    await transfer.run(checks);
  } catch (error) {
    await checks.run(`${options.name}: the transfer ends`, () => Promise.reject(error));
  } finally {
    transfer.kill();
  }
}
checks.finish();
