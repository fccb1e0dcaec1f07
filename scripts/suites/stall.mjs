// The stall suite: a writer that waits for `send` in front of a reader that does not read stands
// still and does not fill the memory; when the reader reads, everything arrives. Two processes over
// UDP on this machine. `npm run stall [-- --full]`
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { MESSAGE_BYTES } from './stall/pattern.mjs';
import { Worker } from './stall/worker.mjs';

const MIB = 2 ** 20;
const GROWTH_LIMIT_BYTES = 64 * MIB;
const HANDSHAKE_MS = 15_000;
const STANDSTILL_MS = 2_000;

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
const { full } = values;
/** The warm-up is read at once and lets the receive window grow. */
const warmUp = (16 * MIB) / MESSAGE_BYTES;
const total = warmUp + ((full ? 1024 : 64) * MIB) / MESSAGE_BYTES;
/** The full run stands still for longer than the idle timeout. */
const holdMs = full ? 75_000 : 3_000;
const endsAt = performance.now() + (full ? 15 * 60_000 : 90_000);

const checks = new Checks();
const reader = new Worker('reader');
const writer = new Worker('writer');
try {
  await suite();
} catch (error) {
  await checks.run('the transfer ends', () => Promise.reject(error));
} finally {
  reader.kill();
  writer.kill();
}
checks.finish();

async function suite() {
  await start();
  const stalled = await standstill();
  for (const [name, { growth, settled }] of Object.entries(stalled)) {
    await checks.run(`the ${name} grows by no more than 64 MiB meanwhile`, () => ({
      note: `${mib(growth)} at most, ${mib(settled)} after garbage collection`,
      problems: growth <= GROWTH_LIMIT_BYTES ? [] : [`it grew by ${mib(growth)}`],
    }));
  }
  await checks.run('everything arrives once the reader reads', drain);
}

/** Brings the session up and reads the warm-up, then measures what both processes hold. */
async function start() {
  reader.order('listen', { warmUp });
  const { address, serverKey } = await reader.answer('listening', HANDSHAKE_MS);
  writer.order('write', { address, serverKey, warmUp, total, standstillMs: STANDSTILL_MS });
  writer.order('measure');
  reader.order('measure');
  const read = await reader.answer('ready', timeLeft());
  const written = await writer.answer('ready', timeLeft());
  console.log(`ready: reader ${mib(read.rss)}, writer ${mib(written.rss)} resident`);
}

/** @returns what both processes say of themselves after the standstill, by name */
async function standstill() {
  const { sent } = await writer.answer('stalled', timeLeft());
  await new Promise((resolve) => setTimeout(resolve, holdMs));
  writer.order('report');
  reader.order('report');
  const reports = {
    writer: await writer.answer('report', timeLeft()),
    reader: await reader.answer('report', timeLeft()),
  };
  await checks.run('a writer stalls in front of a reader that does not read', () => {
    const ahead = reports.writer.sent - warmUp;
    const seconds = (holdMs + STANDSTILL_MS) / 1000;
    const problems = [];
    if (sent === total) problems.push('it did not stall');
    if (warmUp + ahead !== sent) problems.push(`it stalled at ${sent} and went on meanwhile`);
    return { note: `for ${seconds} s, ${mib(ahead * MESSAGE_BYTES)} ahead`, problems };
  });
  return reports;
}

/** Lets the reader read until the writer has closed. */
async function drain() {
  reader.order('read');
  const written = await writer.answer('done', timeLeft());
  const read = await reader.answer('done', timeLeft());
  const problems = [];
  if (written.sent !== total) problems.push(`${written.sent} of ${total} messages were sent`);
  if (read.read !== total) problems.push(`${read.read} of ${total} messages arrived`);
  if (read.wrong > 0) problems.push(`${read.wrong} messages are not what was sent`);
  if (read.digest !== written.digest) {
    problems.push(`SHA-256 ${written.digest} was sent, ${read.digest} arrived`);
  }
  const rate = `${(read.bytes / read.seconds / 1e6).toFixed(1)} MB/s`;
  return {
    note: `${mib(read.bytes)} at ${rate}, SHA-256 ${read.digest.slice(0, 16)}...`,
    problems,
  };
}

function timeLeft() {
  return Math.max(1, endsAt - performance.now());
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
