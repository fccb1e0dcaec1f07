import { constants, rmSync } from 'node:fs';
import { chmod, type FileHandle, lstat, open, stat } from 'node:fs/promises';
import { VCLError } from '@vcl-protocol/core';
import { type ChunkClaim, claimChunks, NO_CHUNKS } from './chunks.js';
import { asTime } from './file-time.js';
import { hashRange } from './hash-file.js';

/** What a finished file is given beside its contents. */
export interface FileAttributes {
  /** Permission bits. */
  readonly mode: number;
  readonly mtimeMs: number;
}

/**
 * A file on its way: it is written under a name of its own, and gets the real one when all of it is
 * there, hashed and on the disk. Ended at any moment it leaves what was there before, and itself to
 * go on from.
 */
export class PartialFile {
  /** Where it is until it is finished. */
  readonly path: string;
  readonly #onReleased: () => void;
  #handle: FileHandle | undefined;
  /** How much of it there is; what lies behind reads as zeros. */
  #bytes = 0;
  /** How far it was written or found, zeros included. */
  #extent = 0;
  #isRevoked = false;
  /** The operation that runs; at most one. */
  #busy: Promise<unknown> = Promise.resolve();

  /** @param onReleased it is not used any more */
  constructor(path: string, onReleased: () => void = () => {}) {
    this.path = path;
    this.#onReleased = onReleased;
  }

  /** Whether a newer session goes on with it. */
  get isRevoked(): boolean {
    return this.#isRevoked;
  }

  /** The chunks that earlier attempts have left. @param fileBytes how long it will be */
  claim(fileBytes: number): Promise<ChunkClaim> {
    return this.#run(async () => {
      const present = await stat(this.path).catch(() => undefined);
      if (present === undefined) return NO_CHUNKS;
      return claimChunks(await this.#open(), this.#bytes, fileBytes);
    });
  }

  /** Closes the file until it is written again: many may wait for their turn. */
  rest(): Promise<void> {
    return this.#run(() => this.#close());
  }

  write(bytes: Uint8Array, offset: number): Promise<void> {
    return this.#run(async () => {
      const handle = await this.#open();
      await writeAll(handle, bytes, offset);
      this.#bytes = Math.max(this.#bytes, offset + bytes.length);
      this.#extent = Math.max(this.#extent, this.#bytes);
    });
  }

  /** Zeros: behind the end they take no room on the disk. */
  async writeZeros(count: number, offset: number): Promise<void> {
    await this.#run(() => this.#open());
    this.#extent = Math.max(this.#extent, offset + count);
    if (offset < this.#bytes) await this.write(new Uint8Array(count), offset);
  }

  /**
   * Brings the file to its length, reads it back and puts it on the disk.
   *
   * @returns whether its SHA-256 is `sha256`; if not, it is of no use
   */
  finish(bytes: number, sha256: Uint8Array, attributes: FileAttributes): Promise<boolean> {
    return this.#run(async () => {
      const handle = await this.#open();
      // A peer that announces terabytes and sends nothing must not have them hashed.
      if (this.#extent < bytes) return false;
      await handle.truncate(bytes);
      const found = await hashRange(handle, { start: 0, end: bytes });
      if (Buffer.compare(found, sha256) !== 0) return false;
      await setAttributes(handle, attributes);
      await handle.sync();
      await this.#close();
      return true;
    });
  }

  /** Ends its use; what is there stays, for a later attempt. */
  async release(): Promise<void> {
    await this.#busy.catch(() => {});
    await this.#close();
    this.#onReleased();
  }

  /** Ends its use and removes it, unless a newer session goes on with it. */
  async discard(): Promise<void> {
    await this.#busy.catch(() => {});
    await this.#close();
    // At once, so that nobody else can have begun with it.
    if (!this.#isRevoked) rmSync(this.path, { force: true });
    this.#onReleased();
  }

  /** Ends its use by whoever uses it, because a newer session goes on with it. */
  async revoke(): Promise<void> {
    this.#isRevoked = true;
    await this.release();
  }

  #run<T>(operation: () => Promise<T>): Promise<T> {
    const result = this.#busy.then(() => {
      if (!this.#isRevoked) return operation();
      throw new VCLError('IoError', 'a newer session goes on with the file');
    });
    this.#busy = result.catch(() => {});
    return result;
  }

  async #open(): Promise<FileHandle> {
    if (this.#handle !== undefined) return this.#handle;
    const { O_RDWR, O_CREAT, O_NOFOLLOW = 0 } = constants;
    await this.#makeWritable();
    const handle = await open(this.path, O_RDWR | O_CREAT | O_NOFOLLOW, OWN_MODE);
    this.#handle = handle;
    this.#bytes = (await handle.stat()).size;
    this.#extent = Math.max(this.#extent, this.#bytes);
    return handle;
  }

  /** One that was finished but for its name has got the mode of the file, maybe read-only. */
  async #makeWritable(): Promise<void> {
    const stats = await lstat(this.path).catch(() => undefined);
    if (stats?.isFile() && (stats.mode & 0o777) !== OWN_MODE) await chmod(this.path, OWN_MODE);
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = undefined;
    await handle?.close();
  }
}

/** Until it is finished, a file is for nobody else. */
const OWN_MODE = 0o600;

/**
 * Writes a file in one go, to the disk.
 *
 * @param path of a file that is not there
 */
export async function writeWholeFile(
  path: string,
  bytes: Uint8Array,
  attributes: FileAttributes,
): Promise<void> {
  const handle = await open(path, 'wx', OWN_MODE);
  try {
    await writeAll(handle, bytes, 0);
    await setAttributes(handle, attributes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function setAttributes(handle: FileHandle, { mode, mtimeMs }: FileAttributes): Promise<void> {
  await handle.chmod(mode & 0o777);
  await handle.utimes(asTime(mtimeMs), asTime(mtimeMs));
}

async function writeAll(handle: FileHandle, bytes: Uint8Array, offset: number): Promise<void> {
  let written = 0;
  while (written < bytes.length) {
    const left = bytes.length - written;
    written += (await handle.write(bytes, written, left, offset + written)).bytesWritten;
  }
}
