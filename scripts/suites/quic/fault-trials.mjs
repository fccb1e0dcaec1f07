import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { childId, listenTo, Place, pause, until } from './place.mjs';

const ORPHAN = fileURLToPath(new URL('orphan.mjs', import.meta.url));

/** SIGKILL: both ends hear of it at once, the server listens again, and the next dial works. */
export function killed() {
  return loss('SIGKILL', 1_000);
}

/** SIGSTOP: a process that does not answer is ended by its parent. */
export function hanging() {
  return loss('SIGSTOP', 6_000);
}

async function loss(signal, limitMs) {
  const place = await Place.open();
  const [client, server] = await place.pair();
  const ends = [client, client.lossySide, server, server.lossySide].map((link) => listenTo(link));
  const pid = childId();
  const at = performance.now();
  process.kill(pid, signal);
  const problems = [];
  if (!(await until(() => ends.every(({ ending }) => ending !== undefined), limitMs))) {
    problems.push(`not all ends were lost within ${limitMs} ms`);
  }
  const lostMs = Math.max(...ends.map(({ ending }) => (ending?.at ?? 0) - at));
  if (!client.remote.isLost || !server.remote.isLost) problems.push('the remote is not lost');
  const dialedAt = performance.now();
  const again = await dialUntil(place, 3_000);
  const there = await place.next();
  const heard = listenTo(there);
  again.send(Buffer.from('works'));
  again.flush();
  if (!(await until(() => heard.records === 1, 2_000)))
    problems.push('the next dial does not work');
  const backMs = performance.now() - dialedAt;
  if (childId() === pid) problems.push('the process is the same');
  await again.close();
  await place.close();
  const note = `lost after ${lostMs.toFixed(0)} ms, back after ${backMs.toFixed(0)} ms more`;
  return { note, problems };
}

/** Dials until the server listens again, at the same port. */
async function dialUntil(place, limitMs) {
  const endsAt = performance.now() + limitMs;
  for (;;) {
    try {
      return await place.dial();
    } catch (error) {
      if (performance.now() > endsAt) throw error;
      await pause(10);
    }
  }
}

/** A parent that is killed takes the process with it. */
export async function orphaned() {
  const parent = spawn(process.execPath, [ORPHAN], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = await once(parent.stdout, 'data');
  const pid = Number(said);
  parent.kill('SIGKILL');
  const isGone = await until(() => !isThere(pid), 2_000);
  if (!isGone) process.kill(pid, 'SIGKILL');
  return { note: undefined, problems: isGone ? [] : ['it runs on'] };
}

function isThere(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
