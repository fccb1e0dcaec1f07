// What many clients do to one listener: a thousand that move data, many that only take up room, many
// whose messages nobody reads.
import { delay, Growth, mbs, mib, percent } from './figures.mjs';
import { CLIENT_ADDRESS, SERVER_ADDRESS } from './network.mjs';

const KIB = 1024;
const CROWD_MS = 120_000;
const PROCESSES = 4;
const ECHO = { bytes: 64 * KIB, messageBytes: 8 * KIB };
const GROWTH_LIMIT_BYTES = 32 * 2 ** 20;

const MAX_SESSIONS = 100;
const SQUATTERS = 120;
const SQUATTERS_PER_SECOND = 100;
/** Those who find no room need not wait for the whole ten seconds. */
const SQUATTER_TIMEOUT_MS = 1_500;
const STALLED = 100;
const TRANSFER_MESSAGE_BYTES = 16 * KIB;
const WARM_UP_MS = 2_000;
const KEPT_PART = 0.5;
const SLOW = 'the transfer lost more than half of its goodput';
const ENTRY_LIMIT_MS = 2_000;

/** A thousand clients on one socket: each sends 64 KiB and gets it back. */
export async function thousand(processes, clients) {
  const { server, target } = await listen(processes, { backlog: clients }, true);
  await server.order('watch');
  const crowds = Array.from({ length: PROCESSES }, () => processes.start('crowd', 'c', 1));
  const count = clients / PROCESSES;
  const arrived = await all(crowds, 'connect', { ...target, count });
  const before = await server.order('report');
  await server.order('watch');
  const start = performance.now();
  const echoed = await all(crowds, 'echo', ECHO);
  const seconds = (performance.now() - start) / 1000;
  const during = await server.order('report');
  const problems = [...arrived, ...echoed].flatMap(({ failures }) => failures);
  if (during.sessions !== clients) problems.push(`${during.sessions} sessions are up`);
  const goodput = (2 * clients * ECHO.bytes) / seconds;
  const longestMs = Math.max(...arrived.map(({ ms }) => ms));
  const note = [
    `${clients} handshakes in ${(longestMs / 1000).toFixed(1)} s`,
    `64 KiB there and back in ${seconds.toFixed(1)} s, ${mbs(goodput)}`,
    `server ${mib(before.peakBytes)}, then ${mib(during.peakBytes)}`,
    `loop delay p99 ${during.delayP99Ms.toFixed(0)} ms, at most ${during.delayMaxMs.toFixed(0)} ms`,
  ].join('; ');
  return { note, problems };
}

/** Clients finish their handshakes, take every session there is and do nothing. */
export function squatters(processes, stretchMs) {
  return twice(() => squat(processes, stretchMs));
}

async function squat(processes, stretchMs) {
  const { server, target } = await listen(processes, { maxConnections: MAX_SESSIONS }, false);
  const transfer = await startTransfer(processes, target);
  const before = await measure(server, transfer, stretchMs);
  const crowd = processes.start('crowd', 'c', 1);
  const orders = { ...target, count: SQUATTERS };
  orders.connectTimeoutMs = SQUATTER_TIMEOUT_MS;
  orders.perSecond = SQUATTERS_PER_SECOND;
  const arriving = crowd.order('connect', orders, CROWD_MS);
  const during = await measure(server, transfer, 2 * stretchMs);
  const { connected } = await arriving;
  const { sessions, dropped } = during;
  const problems = verdict(before, during);
  if (sessions > MAX_SESSIONS) problems.push(`${sessions} sessions are up`);
  if (connected < MAX_SESSIONS - 1) problems.push(`only ${connected} of them got in`);
  if (!('server-full' in dropped)) problems.push('nothing was counted as server-full');
  const entryMs = await enterAfter(processes, crowd, target);
  if (entryMs > ENTRY_LIMIT_MS) problems.push('afterwards a new client took more than 2 s');
  const note = `${connected} of ${SQUATTERS} got in; after they left, a new one in ${Math.round(entryMs)} ms`;
  return { note: `${note}; ${compared(before, during)}`, problems };
}

/** Nobody reads what a hundred clients send. */
export function stalledReaders(processes, stretchMs) {
  return twice(() => stall(processes, stretchMs));
}

async function stall(processes, stretchMs) {
  const { server, target } = await listen(processes, {}, false);
  const transfer = await startTransfer(processes, target);
  const crowd = processes.start('crowd', 'c', 1);
  await crowd.order('connect', { ...target, count: STALLED }, CROWD_MS);
  await delay(WARM_UP_MS);
  const before = await measure(server, transfer, stretchMs);
  const { sent } = await crowd.order('stall', {}, CROWD_MS);
  const during = await measure(server, transfer, stretchMs);
  return {
    note: `${mib(sent)} wait unread; ${compared(before, during)}`,
    problems: verdict(before, during),
  };
}

/** Once more when the goodput fell, which may be due to whatever else the machine had to do. */
async function twice(trial) {
  const first = await trial();
  return first.problems.includes(SLOW) ? await trial() : first;
}

async function listen(processes, options, echo) {
  const server = processes.start('server', 's', 0);
  const address = SERVER_ADDRESS;
  const { port, serverKey } = await server.order('listen', { address, options, echo });
  return { server, target: { local: CLIENT_ADDRESS, server: `${address}:${port}`, serverKey } };
}

async function startTransfer(processes, target) {
  const transfer = processes.start('transfer', 'c', 1);
  await transfer.order('start', { ...target, messageBytes: TRANSFER_MESSAGE_BYTES });
  await delay(WARM_UP_MS);
  return transfer;
}

async function measure(server, transfer, ms) {
  await server.order('watch');
  await delay(ms);
  const { failure } = await transfer.order('report');
  return { ...(await server.order('report')), failure };
}

function verdict(before, during) {
  const problems = [];
  if (during.failure !== undefined) problems.push(`the transfer ended: ${during.failure}`);
  if (during.goodput < KEPT_PART * before.goodput) {
    problems.push(SLOW);
  }
  problems.push(...new Growth(before, during).problems(GROWTH_LIMIT_BYTES));
  return problems;
}

function compared(before, during) {
  const kept = percent(during.goodput / before.goodput);
  const goodput = `${mbs(before.goodput)} before, ${mbs(during.goodput)} = ${kept} kept`;
  return `${goodput}; ${new Growth(before, during)}`;
}

/** How long a client takes to get in once the crowd has left, in ms. */
async function enterAfter(processes, crowd, target) {
  await crowd.order('leave');
  const late = processes.start('crowd', 'c', 1);
  const { connected, ms } = await late.order('connect', { ...target, count: 1 }, CROWD_MS);
  return connected === 1 ? ms : Number.POSITIVE_INFINITY;
}

function all(workers, verb, fields) {
  return Promise.all(workers.map((worker) => worker.order(verb, fields, CROWD_MS)));
}
