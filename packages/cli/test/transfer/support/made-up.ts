import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceItem } from '../../../src/transfer/files/source-tree.js';
import { temporaryDirectory } from '../../support/temporary-directory.js';

/** Entries as a hostile supplier makes them up, all of one small file. */
export async function* hostile(...paths: string[]): AsyncGenerator<SourceItem> {
  const absolute = join(temporaryDirectory(), 'f');
  writeFileSync(absolute, 'text');
  const { size: bytes, mtimeMs } = statSync(absolute);
  for (const path of paths) {
    const entry = { kind: 'file', mode: 0o644, mtimeMs, bytes, path, target: '' } as const;
    yield { type: 'entry', absolute, entry };
  }
}
