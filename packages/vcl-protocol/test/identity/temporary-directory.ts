import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';

/** A new directory for each test of the file that calls this. @returns a path inside it */
export function useTemporaryDirectory(): (...names: string[]) => string {
  let directory = '';
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'vcl-test-'));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
  return (...names) => join(directory, ...names);
}
