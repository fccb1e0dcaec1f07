import { createHash } from 'node:crypto';
import { constants, rmSync } from 'node:fs';
import { chmod, open, rm, utimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NO_CHUNKS } from '../files/chunks.js';
import { asTime } from '../files/file-time.js';
import { hashRange } from '../files/hash-file.js';
import { type PartialFile, writeWholeFile } from '../files/partial-file.js';
import type { PartialStore } from '../files/partial-store.js';
import { linkProblem, pathProblem } from '../files/path-problem.js';
import { reasonOf } from '../files/reason.js';
import { DIFFERS, type TargetTree } from '../files/target-tree.js';
import type { DataMessage, TransferEntry } from '../wire/messages.js';
import {
  type Answer,
  failed,
  IDENTICAL,
  type Intake,
  type Outcome,
  refused,
  STORED,
  settledBy,
} from './intake.js';

/** What a {@link DirectoryIntake} needs. */
export interface DirectoryIntakeOptions {
  readonly tree: TargetTree;
  readonly partials: PartialStore;
  /** Whose files they are: unfinished ones of one peer are of no use to another. */
  readonly peer: Uint8Array;
  /** Whether files that differ are replaced. */
  readonly overwrite: boolean;
  /** Whether symbolic links are made. */
  readonly links: boolean;
  /** Whether to go on with what earlier attempts have left. */
  readonly resume: boolean;
}

/** A directory that gets its time at the end, and its mode if it is new. */
interface MadeDirectory {
  readonly mode: number;
  readonly mtimeMs: number;
  readonly isNew: boolean;
}

/** Puts files into a directory. */
export class DirectoryIntake implements Intake {
  readonly #options: DirectoryIntakeOptions;
  readonly #partials = new Map<number, PartialFile>();
  readonly #directories = new Map<string, MadeDirectory>();
  #characters = 0;
  /** Directories with new names in them. */
  readonly #changed = new Set<string>();
  /** Short hashes of the names seen, in lower case, where the disk does not tell them apart. */
  readonly #names: Set<string> | undefined;

  constructor(options: DirectoryIntakeOptions) {
    this.#options = options;
    options.partials.join();
    this.#names = options.partials.ignoresCase() ? new Set() : undefined;
  }

  async consider(entry: TransferEntry): Promise<Answer> {
    const problem = pathProblem(entry.path, process.platform) ?? this.#collision(entry.path);
    if (problem !== undefined) return settledBy(refused(problem));
    if (entry.kind === 'directory') return settledBy(this.#makeDirectory(entry));
    if (entry.kind === 'link') return settledBy(this.#makeLink(entry));
    const { tree, overwrite } = this.#options;
    const state = tree.look(entry.path);
    if (state.type === 'blocked') return settledBy(refused(state.reason));
    if (state.type === 'directory') return settledBy(refused('a directory of this name is there'));
    if (state.type === 'file' && entry.kind === 'file' && state.bytes === entry.bytes) {
      return { type: 'compare', sha256: () => this.#hashOf(entry) };
    }
    if (state.type !== 'absent' && !overwrite) return settledBy(refused(DIFFERS));
    return this.#want(entry);
  }

  async onDifferent(entry: TransferEntry): Promise<Answer> {
    return this.#options.overwrite ? this.#want(entry) : settledBy(refused(DIFFERS));
  }

  async storeWhole(entry: TransferEntry, data: DataMessage): Promise<Outcome> {
    const bytes = data.zeroBytes > 0 ? new Uint8Array(data.zeroBytes) : data.bytes;
    const digest = createHash('sha256').update(bytes).digest();
    if (!data.sha256 || digest.compare(data.sha256) !== 0) return failed(DAMAGED);
    const temporary = this.#options.partials.temporaryPath();
    try {
      await writeWholeFile(temporary, bytes, entry);
      this.#place(temporary, entry);
      await this.#syncSome();
      return STORED;
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  async write(entry: TransferEntry, data: DataMessage): Promise<void> {
    const partial = await this.#partialOf(entry);
    if (data.zeroBytes > 0) await partial.writeZeros(data.zeroBytes, data.offset);
    else if (data.bytes.length > 0) await partial.write(data.bytes, data.offset);
  }

  async complete(entry: TransferEntry, bytes: number, sha256: Uint8Array): Promise<Outcome> {
    const partial = await this.#partialOf(entry);
    this.#partials.delete(entry.id);
    let isWhole = true;
    try {
      isWhole = await partial.finish(bytes, sha256, entry);
      // From the question on nothing is awaited: a newer session cannot come in between.
      if (partial.isRevoked) return failed('a newer session goes on with the file');
      if (isWhole) this.#place(partial.path, entry);
    } finally {
      if (isWhole) await partial.release();
      else await partial.discard();
    }
    await this.#syncSome();
    return isWhole ? STORED : failed(DAMAGED);
  }

  async abandon({ id }: TransferEntry): Promise<void> {
    const partial = this.#partials.get(id);
    this.#partials.delete(id);
    await partial?.release();
  }

  async finish(): Promise<void> {
    await this.#sync();
    // From the inside out: what is done inside of a directory changes its time.
    for (const [path, { mode, mtimeMs, isNew }] of [...this.#directories].reverse()) {
      const absolute = this.#options.tree.absolute(path);
      if (this.#options.tree.look(path).type !== 'directory') continue;
      if (isNew) await chmod(absolute, mode);
      await utimes(absolute, asTime(mtimeMs), asTime(mtimeMs)).catch(() => {});
    }
  }

  async release(): Promise<void> {
    for (const partial of this.#partials.values()) await partial.release();
    this.#partials.clear();
    this.#options.partials.leave();
  }

  /** Asks for a file, with what there is of it. */
  async #want(entry: TransferEntry): Promise<Answer> {
    const { resume } = this.#options;
    if (!resume || entry.bytes < NO_CHUNKS.chunkBytes) return { type: 'want', claim: NO_CHUNKS };
    const partial = await this.#partialOf(entry);
    const claim = await partial.claim(entry.bytes);
    await partial.rest();
    return { type: 'want', claim };
  }

  async #partialOf({ id, path }: TransferEntry): Promise<PartialFile> {
    const present = this.#partials.get(id);
    if (present !== undefined) return present;
    const { partials, peer, resume } = this.#options;
    const partial = await partials.take(peer, path);
    if (!resume && !partial.isRevoked) rmSync(partial.path, { force: true });
    this.#partials.set(id, partial);
    return partial;
  }

  #place(from: string, { path }: TransferEntry): void {
    const { tree, overwrite } = this.#options;
    tree.place(from, path, overwrite);
    this.#changed.add(dirname(tree.absolute(path)));
  }

  #makeDirectory(entry: TransferEntry): Outcome {
    try {
      const { path, mode, mtimeMs } = entry;
      const isNew = this.#options.tree.makeDirectory(path, mode);
      if (isNew) this.#changed.add(dirname(this.#options.tree.absolute(path)));
      this.#remember(path, { mode, mtimeMs, isNew });
      return isNew ? STORED : IDENTICAL;
    } catch (error) {
      return refused(reasonOf(error));
    }
  }

  /** Beyond a bound a directory keeps the time it has: a peer may offer one again and again. */
  #remember(path: string, made: MadeDirectory): void {
    const isNew = made.isNew || this.#directories.get(path)?.isNew === true;
    if (!this.#directories.has(path)) this.#characters += path.length + OVERHEAD;
    if (this.#characters > MAX_CHARACTERS) return;
    this.#directories.set(path, { ...made, isNew });
  }

  async #syncSome(): Promise<void> {
    if (this.#changed.size >= MAX_CHANGED) await this.#sync();
  }

  async #sync(): Promise<void> {
    const paths = [...this.#changed];
    this.#changed.clear();
    for (const path of paths) await syncDirectory(path);
  }

  #makeLink({ path, target }: TransferEntry): Outcome {
    const { tree, partials, links, overwrite } = this.#options;
    if (!links) return refused('links are not taken without --links');
    const problem = linkProblem(path, target);
    if (problem !== undefined) return refused(problem);
    try {
      tree.makeLink(path, target, partials.temporaryPath(), overwrite);
      this.#changed.add(dirname(tree.absolute(path)));
      return STORED;
    } catch (error) {
      return refused(reasonOf(error));
    }
  }

  async #hashOf({ path, bytes }: TransferEntry): Promise<Uint8Array> {
    const { O_RDONLY, O_NOFOLLOW = 0 } = constants;
    const handle = await open(this.#options.tree.absolute(path), O_RDONLY | O_NOFOLLOW);
    try {
      return await hashRange(handle, { start: 0, end: bytes });
    } finally {
      await handle.close();
    }
  }

  /** Two names that this disk takes for one must not replace each other. */
  #collision(path: string): string | undefined {
    if (this.#names === undefined) return undefined;
    const folded = path.normalize('NFC').toLowerCase();
    const name = createHash('sha256').update(folded).digest('base64').slice(0, NAME_CHARACTERS);
    if (this.#names.has(name)) return 'this disk does not tell it from a name that came before it';
    this.#names.add(name);
    return undefined;
  }
}

/** Of the paths of directories, which are remembered to the end of a session. */
const MAX_CHARACTERS = 64 * 2 ** 20;
/** What a short path costs all the same. */
const OVERHEAD = 128;
const MAX_CHANGED = 1024;
const NAME_CHARACTERS = 22;

const DAMAGED = 'what arrived is not what was sent: repeat the command';

/** Makes new names last. Windows has no such thing, and some disks refuse it. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, constants.O_RDONLY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (process.platform !== 'win32' && reasonOf(error) === 'the disk has failed') throw error;
  }
}
