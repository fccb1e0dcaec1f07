// One round of one peer: two processes, one window in which both are measured.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { busySeconds } from './machine.mjs';
import { monotonicMicros, until } from './window.mjs';

const SIDE = fileURLToPath(new URL('./side.mjs', import.meta.url));
const WARM_UP_SECONDS = 1.5;
const LIMIT_MS = 20_000;
/** Cores that other programs may take before a round counts as disturbed. */
const QUIET_CORES = 0.1;
const MAX_TRIES = 6;

/**
 * @typedef {object} RoundResult
 * @property {object} sender and
 * @property {object} receiver what `measureWindow` resolves with, and `profile` if asked for
 * @property {number} otherCores how many cores were taken by programs that are not part of the round
 */

/**
 * @param {{ one: object, peer: string, seconds: number, seed: number, isProfiled: boolean }} settings
 * @returns {Promise<RoundResult>}
 */
export async function runRound({ one, peer, seconds, seed, isProfiled }) {
  const folder = isProfiled ? await mkdtemp(join(tmpdir(), 'vcl-bench-')) : undefined;
  const sides = [];
  try {
    const settings = { one, peer, seed };
    const [receiver, address] = await start({ ...settings, role: 'receiver' }, sides);
    const [sender] = await start({ ...settings, role: 'sender', address }, sides);
    const from = monotonicMicros() + WARM_UP_SECONDS * 1e6;
    const window = { from, to: from + seconds * 1e6 };
    const limit = LIMIT_MS + seconds * 1000;
    const [received, sent, busy] = await Promise.all([
      measure(receiver, { ...window, ...profileOf(folder, 'receiver') }, limit),
      measure(sender, { ...window, ...profileOf(folder, 'sender') }, limit),
      busyIn(window),
    ]);
    const others = busy - (received.cpuSeconds + sent.cpuSeconds) / seconds;
    return { receiver: received, sender: sent, otherCores: Math.max(0, others) };
  } finally {
    await Promise.all(sides.map(end));
    if (folder !== undefined) await rm(folder, { recursive: true });
  }
}

/** {@link runRound}, again while other programs take too much, and the quietest of all tries. */
export async function runQuietRound(settings) {
  const tries = [await runRound(settings)];
  while (tries.at(-1).otherCores > QUIET_CORES && tries.length < MAX_TRIES) {
    tries.push(await runRound(settings));
  }
  return tries.sort((a, b) => a.otherCores - b.otherCores)[0];
}

/** @returns the process and its address, when it is open; `sides` gets the process at once */
async function start(open, sides) {
  const side = fork(SIDE, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  sides.push(side);
  side.send({ open });
  const { address } = await answer(side, LIMIT_MS);
  return [side, address];
}

async function measure(side, window, limit) {
  side.send({ measure: window });
  const { result } = await answer(side, limit);
  if (window.profileFile === undefined) return result;
  return { ...result, profile: JSON.parse(await readFile(window.profileFile, 'utf8')) };
}

/** @returns how many cores were at work in the window */
async function busyIn({ from, to }) {
  await until(from);
  const before = busySeconds();
  await until(to);
  return (busySeconds() - before) / ((to - from) / 1e6);
}

async function answer(side, limitMs) {
  const signal = AbortSignal.timeout(limitMs);
  const exited = once(side, 'exit', { signal }).then(([code]) => {
    throw new Error(`a side ended with code ${code}`);
  });
  const [message] = await Promise.race([once(side, 'message', { signal }), exited]);
  exited.catch(() => {});
  return message;
}

async function end(side) {
  if (side.exitCode !== null || side.signalCode !== null) return;
  const exited = once(side, 'exit');
  if (side.connected) side.send({ isOver: true });
  const timer = setTimeout(() => side.kill('SIGKILL'), 2000);
  await exited;
  clearTimeout(timer);
}

function profileOf(folder, role) {
  return folder === undefined ? {} : { profileFile: join(folder, `${role}.cpuprofile`) };
}
