import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type TransferEntry, TransferLimits } from '../wire/messages.js';
import { type ChunkClaim, claimedHash } from './chunks.js';
import { timeOf } from './file-time.js';
import { hashRange, readRange } from './hash-file.js';

/** The file is not what was offered any more, and cannot be sent. */
class SourceChangedError extends Error {}

/** A piece of a file on its way out; `bytes` are good until the next one. */
export interface SourcePiece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  /** Of the whole file, with the last piece. */
  readonly sha256: Uint8Array | undefined;
}

/** What {@link SourceFile.send} tells. */
export interface SourceSink {
  onPiece(piece: SourcePiece): Promise<void>;
  /** The other side has this chunk. */
  onKept(bytes: number): void;
}

/** An offered file, opened to be read. */
export class SourceFile {
  readonly #handle: FileHandle;
  readonly #entry: Pick<TransferEntry, 'bytes' | 'mtimeMs'>;

  /**
   * @throws SourceChangedError when it is another one than was offered
   * @throws Error of the system
   */
  static async open(
    absolute: string,
    entry: Pick<TransferEntry, 'bytes' | 'mtimeMs'>,
  ): Promise<SourceFile> {
    const { O_RDONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants;
    // A pipe that has taken the place of the file would wait for a writer.
    const handle = await open(absolute, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const file = new SourceFile(handle, entry);
    try {
      await file.#requireUnchanged();
      return file;
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  private constructor(handle: FileHandle, entry: Pick<TransferEntry, 'bytes' | 'mtimeMs'>) {
    this.#handle = handle;
    this.#entry = entry;
  }

  /** @throws SourceChangedError when it is not whole any more */
  async sha256(): Promise<Uint8Array> {
    const digest = await hashRange(this.#handle, { start: 0, end: this.#entry.bytes });
    await this.#requireUnchanged();
    return digest;
  }

  /**
   * Hands out the file in order but for the chunks that the other side has.
   *
   * @throws SourceChangedError when it changes meanwhile
   */
  async send(claim: ChunkClaim, sink: SourceSink): Promise<void> {
    const { bytes } = this.#entry;
    const whole = createHash('sha256');
    let at = 0;
    while (at < bytes && claimedHash(claim, at) !== undefined) {
      at += await this.#sendClaimed(claim, at, { whole, sink });
    }
    await this.#sendRest(at, { whole, sink });
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  /** Hashes a claimed chunk, and sends it when the other side has something else there. */
  async #sendClaimed(
    claim: ChunkClaim,
    start: number,
    { whole, sink }: { whole: Hash; sink: SourceSink },
  ): Promise<number> {
    const chunk = createHash('sha256');
    const end = start + claim.chunkBytes;
    await readRange(this.#handle, { start, end }, (block) => {
      whole.update(block);
      chunk.update(block);
    });
    if (Buffer.compare(chunk.digest(), claimedHash(claim, start)!) === 0) {
      sink.onKept(claim.chunkBytes);
    } else {
      await readRange(
        this.#handle,
        { start, end },
        (bytes, offset) => sink.onPiece({ offset, bytes, sha256: undefined }),
        TransferLimits.DATA_BYTES,
      );
    }
    return claim.chunkBytes;
  }

  async #sendRest(
    start: number,
    { whole, sink }: { whole: Hash; sink: SourceSink },
  ): Promise<void> {
    const end = this.#entry.bytes;
    let isLastSent = false;
    const read = await readRange(
      this.#handle,
      { start, end },
      async (bytes, offset) => {
        whole.update(bytes);
        isLastSent = offset + bytes.length === end;
        if (isLastSent) await this.#requireUnchanged();
        await sink.onPiece({ offset, bytes, sha256: isLastSent ? whole.digest() : undefined });
      },
      TransferLimits.DATA_BYTES,
    );
    if (read < end - start) throw new SourceChangedError('it became shorter while it was sent');
    if (isLastSent) return;
    await this.#requireUnchanged();
    await sink.onPiece({ offset: end, bytes: new Uint8Array(0), sha256: whole.digest() });
  }

  async #requireUnchanged(): Promise<void> {
    const stats = await this.#handle.stat();
    const { bytes, mtimeMs } = this.#entry;
    if (stats.isFile() && stats.size === bytes && timeOf(stats) === mtimeMs) return;
    throw new SourceChangedError('it changed while it was sent: send it again');
  }
}
