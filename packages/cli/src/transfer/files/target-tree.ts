import { lstatSync, mkdirSync, realpathSync, renameSync, type Stats, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { VCLError } from '@vcl-protocol/core';
import { systemCodeOf } from '../../exit-codes.js';
import { makeDirectories } from './make-directory.js';
import { reasonOf } from './reason.js';

/** What stands at a path of a {@link TargetTree}. */
export type TargetState =
  | { readonly type: 'absent' | 'directory' | 'link' | 'other' }
  | { readonly type: 'file'; readonly bytes: number }
  /** A link or a file stands where a directory should be. */
  | { readonly type: 'blocked'; readonly reason: string };

/**
 * The directory that files are put into. Paths are those `pathProblem` has nothing against. No link
 * is ever followed below the root: each name on the way is looked at, and what depends on that is
 * done in the same turn, so that no other session of this process comes in between.
 */
export class TargetTree {
  /** Without links in it. */
  readonly root: string;

  /**
   * @param isMade whether the directory is made when it is missing
   * @throws VCLError `IoError` when it is not there
   */
  constructor(directory: string, isMade: boolean) {
    try {
      if (isMade) makeDirectories(directory);
      this.root = realpathSync(directory);
    } catch (cause) {
      const message = `cannot use the directory ${directory}: ${reasonOf(cause)}`;
      throw new VCLError('IoError', message, { cause });
    }
  }

  /** Where a path is on this machine. */
  absolute(path: string): string {
    return join(this.root, path);
  }

  look(path: string): TargetState {
    const blocked = this.#blocked(path);
    if (blocked !== undefined) return { type: 'blocked', reason: blocked };
    const stats = statsOf(this.absolute(path));
    if (stats === undefined) return { type: 'absent' };
    if (stats.isFile()) return { type: 'file', bytes: stats.size };
    if (stats.isDirectory()) return { type: 'directory' };
    return { type: stats.isSymbolicLink() ? 'link' : 'other' };
  }

  /**
   * Makes a directory with those above it.
   *
   * @param mode the permission bits that it gets at once, with those of its owner
   * @returns whether it was not there
   * @throws Error of the system, or one that says what is in the way
   */
  makeDirectory(path: string, mode: number = 0o777): boolean {
    const blocked = this.#blocked(path);
    if (blocked !== undefined) throw new Error(blocked);
    const absolute = this.absolute(path);
    const stats = statsOf(absolute);
    if (stats?.isDirectory()) return false;
    if (stats !== undefined) throw new Error(`${path} is there and no directory`);
    makeDirectories(dirname(absolute));
    mkdirSync(absolute, { mode: mode | 0o700 });
    return true;
  }

  /**
   * Gives a finished file its name.
   *
   * @param from on the same file system
   * @param overwrite whether another file, or a link, may go
   * @throws Error of the system, or one that says what is in the way
   */
  place(from: string, path: string, overwrite: boolean): void {
    this.#clear(path, overwrite);
    try {
      renameSync(from, this.absolute(path));
    } catch (error) {
      if (systemCodeOf(error) !== 'EXDEV') throw error;
      throw new Error(
        `${dirname(path)} is on another disk than the directory: name it with --into`,
      );
    }
  }

  /** Makes a symbolic link. @throws Error of the system, or one that says what is in the way */
  makeLink(path: string, target: string, temporary: string, overwrite: boolean): void {
    this.#clear(path, overwrite);
    symlinkSync(target, temporary);
    renameSync(temporary, this.absolute(path));
  }

  /** Refuses, or makes sure, that `path` can be written. */
  #clear(path: string, overwrite: boolean): void {
    const state = this.look(path);
    if (state.type === 'blocked') throw new Error(state.reason);
    if (state.type === 'directory') throw new Error('a directory of this name is there');
    if (state.type !== 'absent' && !overwrite) throw new Error(DIFFERS);
    const parent = dirname(path);
    if (parent !== '.') this.makeDirectory(parent);
  }

  /** @returns why the way to `path` cannot be gone, or undefined */
  #blocked(path: string): string | undefined {
    let at = this.root;
    for (const name of path.split('/').slice(0, -1)) {
      at = join(at, name);
      const stats = statsOf(at);
      if (stats === undefined) return undefined;
      if (stats.isSymbolicLink()) return `${name} is a link, and links are not followed`;
      if (!stats.isDirectory()) return `${name} is there and no directory`;
    }
    return undefined;
  }
}

/** What is said of a file that is there, differs and may not be overwritten. */
export const DIFFERS = 'a different one is there: move it away, or receive with --overwrite';

function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
