// What the fuzzer found: how two findings are told apart, made small, written down and read again.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const HEX_PER_LINE = 96;
/** Attempts to make an input smaller. */
const MAX_ATTEMPTS = 4_000;

/** Thrown by a target when the code under test gave a wrong answer. */
export class Violation extends Error {
  name = 'Violation';
}

/** @returns one line that two errors share when they have one cause: kind, text without numbers, place */
export function keyOf(error) {
  if (!(error instanceof Error)) return `thrown: ${String(error)}`;
  const place = /at .*?([\w-]+\.m?js):(\d+)/.exec(placesOf(error))?.slice(1, 3).join(':') ?? '';
  const text = error.message.replace(/\d+/g, '#').slice(0, 120);
  return `${error.name}: ${text} (${error instanceof Violation ? '' : place})`;
}

/** The lines of the stack behind the message. */
function placesOf(error) {
  const stack = String(error.stack ?? '');
  const at = stack.indexOf('\n    at ');
  return at < 0 ? '' : stack.slice(at);
}

/**
 * Makes a failing input smaller: parts go, bytes become zero, as long as the finding stays the same.
 *
 * @param input that fails
 * @param fails whether an input still fails in the same way; may be a promise
 */
export async function minimise(input, fails) {
  let best = input.slice();
  let attempts = 0;
  const isBetter = async (candidate) => {
    if (attempts++ >= MAX_ATTEMPTS || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  for (let size = best.length >> 1; size >= 1; size >>= 1) {
    for (let at = 0; at < best.length; ) {
      const candidate = new Uint8Array(Math.max(0, best.length - Math.min(size, best.length - at)));
      candidate.set(best.subarray(0, at));
      candidate.set(best.subarray(Math.min(best.length, at + size)), at);
      if (!(await isBetter(candidate))) at += size;
    }
  }
  for (let at = 0; at < best.length; at++) {
    if (best[at] === 0) continue;
    const candidate = best.slice();
    candidate[at] = 0;
    await isBetter(candidate);
  }
  return best;
}

/** @returns the text of a file that says how to see the finding again */
export function formatFinding({ target, seed, message, stack, input }) {
  const comments = [
    `target ${target}`,
    `seed ${seed}`,
    message,
    ...(stack ?? '').split('\n').slice(1, 6),
  ];
  const lines = comments.map((line) => `# ${line.trim().replaceAll('\n', ' ')}`);
  return `${[...lines, ...hexLines(input)].join('\n')}\n`;
}

/** Reads what {@link formatFinding} writes. @returns target, undefined when it is not named, and input */
export function readFinding(file) {
  const lines = readFileSync(file, 'utf8').split('\n');
  const target = lines.map((line) => /^# target (\S+)/.exec(line)?.[1]).find(Boolean);
  const digits = lines.filter((line) => !line.startsWith('#')).join('');
  return { target, input: Uint8Array.from(Buffer.from(digits.replace(/\s/g, ''), 'hex')) };
}

/** Writes a finding to the folder. @returns the path of the file */
export function saveFinding(folder, finding) {
  mkdirSync(folder, { recursive: true });
  const name = createHash('sha256').update(finding.message).digest('hex').slice(0, 8);
  const file = join(folder, `${finding.target}-${name}.hex`);
  writeFileSync(file, formatFinding(finding));
  return file;
}

function hexLines(bytes) {
  return (
    Buffer.from(bytes)
      .toString('hex')
      .match(new RegExp(`.{1,${HEX_PER_LINE}}`, 'g')) ?? []
  );
}
