// Where a run keeps its files: keys, profiles, the emulator. They go when the process does.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

let base;

/** @returns a new folder that only this user can read */
export function makeFolder() {
  if (base === undefined) {
    base = mkdtempSync(join(tmpdir(), 'vcl-bench-'));
    process.once('exit', () => rmSync(base, { recursive: true, force: true }));
  }
  return mkdtempSync(join(base, 'part-'));
}
