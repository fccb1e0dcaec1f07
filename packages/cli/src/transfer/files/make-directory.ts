import { mkdirSync } from 'node:fs';
import { systemCodeOf } from '../../exit-codes.js';

/** Makes a directory with those above it; one that is there is good. @throws Error of the system */
export function makeDirectories(path: string, mode: number = 0o777): void {
  try {
    mkdirSync(path, { recursive: true, mode });
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
    // That is what Node says of a disk that is read-only, too; this says what is the matter.
    mkdirSync(path, { mode });
  }
}
