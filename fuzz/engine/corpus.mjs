// The inputs that are kept: in the repository, one a line in hex, and of a run, in a temporary file.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Inputs of a target in the repository take this many bytes at most. */
const MAX_CORPUS_BYTES = 6_144;

/** All inputs of a folder: each file one or more lines of hex, `#` begins a comment. */
export function readCorpus(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith('.hex'))
    .sort()
    .flatMap((name) => readInputs(join(folder, name)));
}

/** The inputs of one file. */
export function readInputs(file) {
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith('#') && line.trim() !== '')
    .map((line) => Uint8Array.from(Buffer.from(line.trim(), 'hex')));
}

/** Writes inputs to one file, one a line. */
export function writeInputs(file, inputs, comment) {
  mkdirSync(dirname(file), { recursive: true });
  const lines = inputs.map((input) => Buffer.from(input).toString('hex')).filter((line) => line);
  writeFileSync(file, `# ${comment}\n${lines.join('\n')}\n`);
}

/**
 * Chooses few and short inputs that together have as many features as fit.
 *
 * @param candidates each with its `input` and its `features`
 */
export function distil(candidates, maxBytes = MAX_CORPUS_BYTES) {
  const sorted = [...candidates].sort((a, b) => a.input.length - b.input.length);
  const covered = new Set();
  const chosen = [];
  let bytes = 0;
  for (const { input, features } of sorted) {
    if (input.length === 0 || bytes + input.length > maxBytes) continue;
    if (features.every((feature) => covered.has(feature))) continue;
    for (const feature of features) covered.add(feature);
    chosen.push(input);
    bytes += input.length;
  }
  return chosen;
}
