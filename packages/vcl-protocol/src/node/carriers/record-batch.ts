import type { Duplex } from 'node:stream';
import type { CarrierRemote } from '@vcl-protocol/core';

/** More than this waiting to leave, and a carrier is full, bytes. */
export const HIGH_WATER_BYTES: number = 256 * 1024;
/** With no more than this waiting, a full carrier has room again, bytes. */
export const LOW_WATER_BYTES: number = 64 * 1024;

const LENGTH_BYTES = 2;
/** Four records of 16 KiB, or the longest one, with their lengths. */
const CHUNK_BYTES = 64 * 1024 + 64;
/** Chunks that are kept for the next batch of any link, at most: 2 MiB. */
const MAX_FREE_CHUNKS = 32;
const freeChunks: Buffer[] = [];

/**
 * Records on their way into a stream, each behind its length. Those of one turn leave in one write;
 * while a write is under way the next ones gather, so that a slow reader costs no more memory than
 * what was sent to it.
 */
export class RecordBatch {
  readonly #stream: Duplex;
  readonly #remote: CarrierRemote;
  readonly #onDrain: () => void;
  readonly #onWritten = (error?: Error | null): void => this.#afterWrite(error ?? undefined);
  #filled: Buffer[] = [];
  #underWay: Buffer[] = [];
  #chunk: Buffer | undefined;
  #used = 0;
  #heldBytes = 0;
  #isFinished = false;

  /**
   * @param remote is told when it is full and when it has room again
   * @param onDrain is called after that
   */
  constructor(stream: Duplex, remote: CarrierRemote, onDrain: () => void) {
    this.#stream = stream;
    this.#remote = remote;
    this.#onDrain = onDrain;
  }

  /** Copies `record`, of 1 to 65,535 bytes. */
  add(record: Uint8Array): void {
    const bytes = LENGTH_BYTES + record.length;
    if (this.#used + bytes > CHUNK_BYTES) this.#sealChunk();
    this.#chunk ??= freeChunks.pop() ?? Buffer.allocUnsafeSlow(CHUNK_BYTES);
    this.#chunk[this.#used] = record.length >> 8;
    this.#chunk[this.#used + 1] = record.length & 0xff;
    this.#chunk.set(record, this.#used + LENGTH_BYTES);
    this.#used += bytes;
    this.#heldBytes += bytes;
    if (this.#heldBytes > HIGH_WATER_BYTES && !this.#remote.isFull) this.#remote.onFull();
  }

  /** What was added leaves, unless a write is under way: then as soon as that is done. */
  flush(): void {
    if (this.#underWay.length === 0 && this.#heldBytes > 0) this.#write();
  }

  /** What was added leaves, and nothing is added any more. */
  finish(): void {
    this.#isFinished = true;
    if (this.#used > 0 || this.#filled.length > 0) this.#write();
    this.#stream.end();
  }

  #sealChunk(): void {
    if (this.#chunk === undefined) return;
    this.#filled.push(this.#chunk.subarray(0, this.#used));
    this.#chunk = undefined;
    this.#used = 0;
  }

  #write(): void {
    this.#sealChunk();
    const leaving = this.#filled;
    this.#filled = [];
    // A stream writes in order: when the last is done, all are.
    const last = leaving.length - 1;
    this.#underWay.push(...leaving);
    this.#stream.cork();
    for (let index = 0; index < last; index++) this.#stream.write(leaving[index]);
    this.#stream.write(leaving[last], this.#onWritten);
    this.#stream.uncork();
  }

  #afterWrite(error: Error | undefined): void {
    const done = this.#underWay;
    this.#underWay = [];
    // After an error the system may still look at the memory, and at the end two writes overlap.
    if (error !== undefined || this.#isFinished) return;
    for (const chunk of done) {
      this.#heldBytes -= chunk.length;
      if (freeChunks.length < MAX_FREE_CHUNKS) {
        freeChunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, CHUNK_BYTES));
      }
    }
    this.flush();
    if (this.#remote.isFull && this.#heldBytes <= LOW_WATER_BYTES) {
      this.#remote.onDrain();
      this.#onDrain();
    }
  }
}
