import { isUtf8 } from 'node:buffer';
import type { Dirent, Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type TransferEntry, TransferLimits } from '../wire/messages.js';
import { timeOf } from './file-time.js';
import { PARTIAL_DIRECTORY, pathProblem } from './path-problem.js';
import { reasonOf } from './reason.js';

/** Something to send, under the path that the other side sees. */
export interface SourceEntry {
  readonly type: 'entry';
  readonly entry: Omit<TransferEntry, 'id'>;
  /** Where it is on this machine. */
  readonly absolute: string;
}

/** Something found on the way through the sources. */
export type SourceItem =
  | SourceEntry
  /** It cannot be sent, and that is a failure. */
  | { readonly type: 'problem'; readonly path: string; readonly reason: string }
  /** It is left out, as it should be. */
  | { readonly type: 'note'; readonly path: string; readonly reason: string };

/** Where to begin. */
export interface SourceRoot {
  readonly absolute: string;
  /** What the other side sees it as; empty for a directory of which only the contents are sent. */
  readonly name: string;
}

/** Options of {@link walkSources}. */
export interface WalkOptions {
  /** Whether symbolic links are sent as links. They are never followed. */
  readonly links: boolean;
}

/**
 * All files and directories under the roots, directories before what is in them, in the order of
 * their names. What cannot be read is told and passed over.
 */
export async function* walkSources(
  roots: readonly SourceRoot[],
  options: WalkOptions,
): AsyncGenerator<SourceItem> {
  for (const { absolute, name } of roots) {
    if (name === '') yield* walkDirectory(absolute, '', options);
    else yield* walkOne(absolute, name, options);
  }
}

async function* walkOne(
  absolute: string,
  path: string,
  options: WalkOptions,
): AsyncGenerator<SourceItem> {
  const unfit = pathProblem(path, 'linux');
  if (unfit !== undefined) {
    yield { type: 'problem', path, reason: unfit };
    return;
  }
  let item: SourceItem;
  try {
    item = await itemOf(absolute, path, options);
  } catch (error) {
    item = { type: 'problem', path, reason: reasonOf(error) };
  }
  yield item;
  if (item.type === 'entry' && item.entry.kind === 'directory') {
    yield* walkDirectory(absolute, path, options);
  }
}

async function* walkDirectory(
  absolute: string,
  path: string,
  options: WalkOptions,
): AsyncGenerator<SourceItem> {
  let names: Buffer[];
  try {
    const entries: Dirent<Buffer>[] = await readdir(absolute, {
      withFileTypes: true,
      encoding: 'buffer',
    });
    names = entries.map(({ name }) => name).sort(Buffer.compare);
  } catch (error) {
    yield { type: 'problem', path: path || absolute, reason: reasonOf(error) };
    return;
  }
  for (const raw of names) {
    const name = raw.toString();
    const below = path === '' ? name : `${path}/${name}`;
    if (!Buffer.from(name).equals(raw)) {
      const reason = 'its name is no UTF-8: rename it to send it';
      yield { type: 'problem', path: below, reason };
    } else if (name !== PARTIAL_DIRECTORY) {
      yield* walkOne(join(absolute, name), below, options);
    }
  }
}

async function itemOf(absolute: string, path: string, options: WalkOptions): Promise<SourceItem> {
  const stats = await lstat(absolute);
  if (stats.isFile()) {
    if (stats.size <= TransferLimits.FILE_BYTES) return entryOf('file', stats, { absolute, path });
    return { type: 'problem', path, reason: 'it is larger than a file may be: split it' };
  }
  if (stats.isDirectory()) return entryOf('directory', stats, { absolute, path });
  if (!stats.isSymbolicLink()) return { type: 'note', path, reason: 'no file: left out' };
  if (!options.links) return { type: 'note', path, reason: 'a link: left out (--links sends it)' };
  const target = await readlink(absolute, 'buffer');
  if (isUtf8(target)) return entryOf('link', stats, { absolute, path, target: `${target}` });
  return { type: 'problem', path, reason: 'it points to a name that is no UTF-8' };
}

function entryOf(
  kind: 'file' | 'directory' | 'link',
  stats: Stats,
  { absolute, path, target = '' }: { absolute: string; path: string; target?: string },
): SourceEntry {
  const mode = stats.mode & 0o777;
  const bytes = kind === 'file' ? stats.size : 0;
  return {
    type: 'entry',
    absolute,
    entry: { kind, mode, mtimeMs: timeOf(stats), bytes, path, target },
  };
}
