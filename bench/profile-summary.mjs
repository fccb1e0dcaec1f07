// Where the time of a CPU profile went: `node bench/profile-summary.mjs FILE [COUNT]` for a file that
// `node --cpu-prof` has written.
import { readFileSync } from 'node:fs';
import { isMain } from '../scripts/lib/report.mjs';

const DEFAULT_COUNT = 25;

/**
 * @typedef {object} TopFunction
 * @property {string} name
 * @property {string} place file and line; for native code its caller; else empty
 * @property {number} share of the time, idle time included, that was spent in it and in no callee
 * @property {number} ms
 */

/**
 * @param profile of V8
 * @param count how many functions
 * @returns {TopFunction[]} those with the most time of their own, `(idle)` and `(program)` among them
 */
export function topFunctions(profile, count = DEFAULT_COUNT) {
  const { nodes, samples, timeDeltas } = profile;
  const keys = keysOf(nodes);
  const micros = new Map();
  let total = 0;
  samples.forEach((id, index) => {
    // A delta is the time before its sample.
    const delta = Math.max(0, timeDeltas[index + 1] ?? 0);
    const key = keys.get(id);
    micros.set(key, (micros.get(key) ?? 0) + delta);
    total += delta;
  });
  const sorted = [...micros].sort(([, a], [, b]) => b - a).slice(0, count);
  return sorted.map(([key, own]) => {
    const [name, place] = key.split('\n');
    return { name, place, share: own / total, ms: own / 1000 };
  });
}

/** @param {TopFunction[]} top @returns one line a function */
export function formatTop(top) {
  return top
    .map(({ name, place, share }) => `${(share * 100).toFixed(1).padStart(6)} %  ${name} ${place}`)
    .join('\n');
}

/** Keys of functions by node. Native code is told apart by its caller: its own name can be a wrong one. */
function keysOf(nodes) {
  const keys = new Map();
  const callers = new Map();
  for (const { id, children = [] } of nodes) for (const child of children) callers.set(child, id);
  for (const { id, callFrame } of nodes) {
    const name = callFrame.functionName || '(anonymous)';
    const file = callFrame.url.split('/').slice(-2).join('/');
    const caller = keys.get(callers.get(id))?.replace('\n', ' ');
    const isNative = file === '' && !name.startsWith('(');
    const place = isNative ? `for ${caller}` : file && `${file}:${callFrame.lineNumber + 1}`;
    keys.set(id, `${name}\n${place}`);
  }
  return keys;
}

if (isMain(import.meta.url)) {
  const [file, count] = process.argv.slice(2);
  if (file === undefined) {
    console.error('usage: node bench/profile-summary.mjs FILE [COUNT]');
    process.exitCode = 2;
  } else {
    const profile = JSON.parse(readFileSync(file, 'utf8'));
    console.log(formatTop(topFunctions(profile, Number(count) || DEFAULT_COUNT)));
  }
}
