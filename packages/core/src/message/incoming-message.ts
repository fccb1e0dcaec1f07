import type { LeafHasher } from '../chain/leaf.js';
import { RangeSet } from '../recovery/range-set.js';

/** What became of a piece; `scattered`: the message has more holes than any honest path makes. */
export type PieceVerdict = 'complete' | 'new' | 'duplicate' | 'conflict' | 'scattered';

/** Makes hashers for the leaves of one lane and direction. */
export interface LeafSource {
  /** The leaf of a message at hand (SPEC 8.1). */
  leaf(kind: number, n: number, payload: Uint8Array): Uint8Array;
  /** A hasher for a message that arrives in pieces. */
  hasher(kind: number, n: number, length: number): LeafHasher;
}

/** First allocation for a message in pieces; grows with what arrives, not with what is claimed. */
const FIRST_BYTES = 4096;
/** Separate ranges of one message; what is lost between them is at most a congestion window. */
const MAX_RANGES = 4_096;
/** What remembering a range takes, so that many tiny pieces count as well. */
const RANGE_BYTES = 32;

/**
 * A message that arrives in pieces: any cut, any order, overlaps must agree (SPEC 6.1). Its leaf is
 * hashed as the beginning grows, so that no single call hashes megabytes (rule C7).
 */
export class IncomingMessage {
  readonly n: number;
  readonly startedAt: number;
  /** Unknown (-1) until a frame with offset 0 has come. */
  total = -1;
  kind = 0;
  #bytes: Uint8Array = new Uint8Array(0);
  readonly #maxRanges: number;
  readonly #have = new RangeSet();
  #hasher: LeafHasher | undefined;
  #hashed = 0;

  /** @param maxRanges separate ranges beyond which it is `scattered` */
  constructor(n: number, now: number, maxRanges: number = MAX_RANGES) {
    this.n = n;
    this.startedAt = now;
    this.#maxRanges = maxRanges;
  }

  /** Bytes of memory held. */
  get allocated(): number {
    return this.#bytes.length + RANGE_BYTES * this.#have.count;
  }

  /** One past the furthest byte received. */
  get end(): number {
    return this.#have.isEmpty ? 0 : this.#have.end(this.#have.count - 1);
  }

  /** Distinct payload bytes received so far. */
  get receivedBytes(): number {
    return this.#have.covered;
  }

  /** Learns length and kind. @returns false when they differ from what is known or from what arrived */
  describe(total: number, kind: number): boolean {
    if (this.total >= 0) return this.total === total && this.kind === kind;
    if (this.end > total) return false;
    this.total = total;
    this.kind = kind;
    return true;
  }

  /** Adds the piece at `offset`. @param leaves absent where nobody asks for the leaf */
  add(offset: number, data: Uint8Array, leaves?: LeafSource): PieceVerdict {
    const end = offset + data.length;
    if (this.total >= 0 && end > this.total) return 'conflict';
    if (!this.#agrees(offset, data)) return 'conflict';
    const before = this.#have.covered;
    this.#reserve(end);
    this.#bytes.set(data, offset);
    this.#have.add(offset, end);
    if (leaves !== undefined) this.#hash(leaves);
    if (this.total >= 0 && this.#have.covered === this.total) return 'complete';
    if (this.#have.count > this.#maxRanges) return 'scattered';
    return this.#have.covered > before ? 'new' : 'duplicate';
  }

  /** The payload of a complete message; the object gives it away. */
  payload(): Uint8Array {
    return this.#bytes.length === this.total ? this.#bytes : this.#bytes.slice(0, this.total);
  }

  /** The leaf of a complete message. */
  leaf(leaves: LeafSource): Uint8Array {
    this.#hash(leaves);
    return this.#hasher!.digest();
  }

  #agrees(offset: number, data: Uint8Array): boolean {
    const end = offset + data.length;
    for (let from = this.#have.nextCovered(offset); from < end; ) {
      const to = Math.min(this.#have.nextMissing(from), end);
      for (let at = from; at < to; at++) {
        if (this.#bytes[at] !== data[at - offset]) return false;
      }
      from = this.#have.nextCovered(to);
    }
    return true;
  }

  #reserve(end: number): void {
    if (end <= this.#bytes.length) return;
    let size = Math.max(FIRST_BYTES, this.#bytes.length * 2, end);
    if (this.total >= 0) size = Math.min(size, this.total);
    const bytes = new Uint8Array(size);
    bytes.set(this.#bytes);
    this.#bytes = bytes;
  }

  #hash(leaves: LeafSource): void {
    if (this.total < 0) return;
    this.#hasher ??= leaves.hasher(this.kind, this.n, this.total);
    const ready = this.#have.isEmpty ? 0 : this.#have.nextMissing(0);
    const until = Math.min(ready, this.total);
    if (until <= this.#hashed) return;
    this.#hasher.update(this.#bytes.subarray(this.#hashed, until));
    this.#hashed = until;
  }
}
