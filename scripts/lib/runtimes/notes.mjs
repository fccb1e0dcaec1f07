// How the processes of the runtimes suite speak with each other and with the suite: by files in one
// folder. Under Wine neither pipes nor IPC work, and a file can be written from every runtime.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 10;

/** Leaves a note for the other process; it is seen whole or not at all. */
export function leaveNote(folder, name, value) {
  const path = join(folder, name);
  writeFileSync(`${path}.new`, JSON.stringify(value));
  renameSync(`${path}.new`, path);
}

/**
 * The note of this name, as soon as it is there.
 *
 * @throws Error when it does not appear within `limitMs`
 */
export async function awaitNote(folder, name, limitMs) {
  const path = join(folder, name);
  const start = performance.now();
  while (!existsSync(path)) {
    if (performance.now() - start > limitMs) throw new Error(`the other side left no ${name}`);
    await delay(LOOK_EVERY_MS);
  }
  return JSON.parse(readFileSync(path, 'utf8'));
}

/** Adds a line to the report of a process. */
export function addResult(file, result) {
  appendFileSync(file, `${JSON.stringify(result)}\n`);
}

/** All lines of a report; none when the process has not come to write one. */
export function readResults(file) {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}
