import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { systemCodeOf } from '../../exit-codes.js';
import { makeDirectories } from './make-directory.js';
import { PartialFile } from './partial-file.js';
import { PARTIAL_DIRECTORY } from './path-problem.js';
import { reasonOf } from './reason.js';

/**
 * The directory with the unfinished files of a target: `.vcl-partial`. The name of each says whose it
 * is: what is being sent (a hash of peer and path) and the process that writes it. A process adopts
 * what a dead one has left; what lives elsewhere is let alone. There is no record of what an
 * unfinished file holds: that is found by hashing it, so nothing can be out of step with it.
 */
export class PartialStore {
  readonly #directory: string;
  readonly #active = new Map<string, PartialFile>();
  #count = 0;
  #users = 0;

  /**
   * @param root of the target, without links in it
   * @throws VCLError `IoError` when what earlier processes have left cannot be removed
   */
  constructor(root: string) {
    this.#directory = join(root, PARTIAL_DIRECTORY);
    this.#use(() => existsSync(this.#directory) && this.#sweep());
  }

  /** Whether names that differ in case only are one on this disk; to be asked after {@link join}. */
  ignoresCase(): boolean {
    return existsSync(this.#directory.replace(/partial$/, 'PARTIAL'));
  }

  /**
   * The unfinished file of `peer` for `path`, with what earlier attempts have left of it. Another
   * session of this process that writes it is cut off: it is an older attempt of the same peer.
   */
  async take(peer: Uint8Array, path: string): Promise<PartialFile> {
    const id = createHash('sha256').update(peer).update(path).digest('hex').slice(0, ID_CHARACTERS);
    // Several may come at once: each cuts off the one before it.
    for (let older = this.#active.get(id); older !== undefined; older = this.#active.get(id)) {
      await older.revoke();
    }
    this.#make();
    const own = join(this.#directory, `${id}.${process.pid}.part`);
    if (!existsSync(own)) this.#adopt(id, own);
    const partial: PartialFile = new PartialFile(own, () => {
      if (this.#active.get(id) === partial) this.#active.delete(id);
    });
    this.#active.set(id, partial);
    return partial;
  }

  /** A session begins to use it. @throws VCLError `IoError` when the directory cannot be made */
  join(): void {
    this.#use(() => this.#make());
    this.#users++;
  }

  /** A session ends; the last one removes the directory when nothing is in it. */
  leave(): void {
    if (--this.#users === 0) this.#tidy();
  }

  /** A path for a file that is written in one go, or a link. */
  temporaryPath(): string {
    this.#make();
    return join(this.#directory, `${TEMPORARY}${this.#count++}.${process.pid}.part`);
  }

  #tidy(): void {
    try {
      rmdirSync(this.#directory);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST', 'ENOENT'].includes(systemCodeOf(error) ?? '')) throw error;
    }
  }

  #use(task: () => unknown): void {
    try {
      task();
    } catch (cause) {
      const message = `cannot use ${this.#directory} for unfinished files: ${reasonOf(cause)}`;
      throw new VCLError('IoError', message, { cause });
    }
  }

  #make(): void {
    makeDirectories(this.#directory, 0o700);
    const stats = lstatSync(this.#directory);
    if (!stats.isDirectory()) throw new Error('it is no directory: remove it');
    // Its owner could put other contents under a name between the check and the end.
    const uid = process.getuid?.() ?? stats.uid;
    if (stats.uid !== uid) throw new Error('it belongs to another user: remove it');
  }

  /** Takes over what a process that is gone has left of the same file. */
  #adopt(id: string, own: string): void {
    for (const name of readdirSync(this.#directory)) {
      if (!name.startsWith(`${id}.`) || isAlive(ownerOf(name))) continue;
      try {
        renameSync(join(this.#directory, name), own);
        return;
      } catch (error) {
        // Another process was faster.
        if (systemCodeOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  /** Removes what was written in one go and did not get its name: it is quickly sent again. */
  #sweep(): void {
    for (const name of readdirSync(this.#directory)) {
      if (!name.startsWith(TEMPORARY)) continue;
      const owner = ownerOf(name);
      if (owner === process.pid && this.#count > 0) continue;
      if (owner === process.pid || !isAlive(owner)) {
        rmSync(join(this.#directory, name), { force: true });
      }
    }
  }
}

const ID_CHARACTERS = 32;
const TEMPORARY = 'whole-';

function ownerOf(name: string): number {
  return Number(name.split('.').at(-2));
}

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === 'EPERM';
  }
}
