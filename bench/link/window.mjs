// What a process does between two moments of the clock that all processes of a machine share.
import { setTimeout as delay } from 'node:timers/promises';
import { startProfile } from './profile.mjs';

/** Microseconds of CLOCK_MONOTONIC. */
export function monotonicMicros() {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e6 + nanoseconds / 1e3;
}

/**
 * Waits for the window and measures it.
 *
 * @param {{ from: number, to: number, profileFile?: string }} window in µs of the clock
 * @param {{ messages: number, bytes: number, verified: number }} counters that go on meanwhile
 * @returns how much they grew, in how many seconds, at what cost
 */
export async function measureWindow({ from, to, profileFile }, counters) {
  await until(from);
  const endProfile = profileFile && (await startProfile(profileFile));
  const before = snapshot(counters);
  await until(to);
  const after = snapshot(counters);
  if (profileFile) await endProfile();
  const grown = Object.keys(before).map((key) => [key, after[key] - before[key]]);
  return { ...Object.fromEntries(grown), maxRssBytes: process.resourceUsage().maxRSS * 1024 };
}

/** @param micros of the clock */
export async function until(micros) {
  await delay(Math.max(0, (micros - monotonicMicros()) / 1000));
}

function snapshot({ messages, bytes, verified }) {
  const { user, system } = process.cpuUsage();
  return {
    seconds: monotonicMicros() / 1e6,
    cpuSeconds: (user + system) / 1e6,
    messages,
    bytes,
    verified,
  };
}
