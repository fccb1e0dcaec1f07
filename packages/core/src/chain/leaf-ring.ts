import { HASH_BYTES } from './lane.js';

const FIRST_CAPACITY = 64;

/**
 * Leaves by message number over a moving range, in one growing block of bytes: no object for a
 * leaf. Each number has a mark besides; 0 means that nothing is known.
 */
export class LeafRing {
  readonly #maxCapacity: number;
  #floor = 0;
  #leaves: Uint8Array = new Uint8Array(FIRST_CAPACITY * HASH_BYTES);
  #marks: Uint8Array = new Uint8Array(FIRST_CAPACITY);

  /** @param maxCapacity the longest range of numbers held at once, a power of two from 64 on */
  constructor(maxCapacity: number) {
    this.#maxCapacity = maxCapacity;
  }

  /** The lowest number that can be held. */
  get floor(): number {
    return this.#floor;
  }

  /** The mark of number `n`; 0 when nothing is known or `n` is out of range. */
  mark(n: number): number {
    const distance = n - this.#floor;
    return distance >= 0 && distance < this.#marks.length ? this.#marks[this.#slot(n)]! : 0;
  }

  /** Changes the mark of a number that is known. */
  remark(n: number, mark: number): void {
    this.#marks[this.#slot(n)] = mark;
  }

  /** The leaf of a number that is known, as a view that the next `put` may move. */
  leaf(n: number): Uint8Array {
    const start = this.#slot(n) * HASH_BYTES;
    return this.#leaves.subarray(start, start + HASH_BYTES);
  }

  /** Whether the leaf of a number that is known equals `leaf`. */
  equals(n: number, leaf: Uint8Array): boolean {
    const start = this.#slot(n) * HASH_BYTES;
    for (let i = 0; i < HASH_BYTES; i++) {
      if (this.#leaves[start + i] !== leaf[i]) return false;
    }
    return true;
  }

  /**
   * Sets leaf and mark of `n`.
   *
   * @param mark 1 to 255
   * @returns false, and nothing is stored, when `n` is out of range
   */
  put(n: number, leaf: Uint8Array, mark: number): boolean {
    const distance = n - this.#floor;
    if (distance < 0 || distance >= this.#maxCapacity) return false;
    if (distance >= this.#marks.length) this.#grow(distance);
    const slot = this.#slot(n);
    this.#leaves.set(leaf, slot * HASH_BYTES);
    this.#marks[slot] = mark;
    return true;
  }

  /** Forgets all numbers below `n`, which becomes the floor. */
  dropBelow(n: number): void {
    if (n - this.#floor >= this.#marks.length) this.#marks.fill(0);
    else for (let at = this.#floor; at < n; at++) this.#marks[this.#slot(at)] = 0;
    this.#floor = Math.max(n, this.#floor);
  }

  // The bitwise operator reduces a number below 2^53 modulo 2^32 first, which keeps the low bits.
  #slot(n: number): number {
    return n & (this.#marks.length - 1);
  }

  #grow(distance: number): void {
    const { length } = this.#marks;
    const oldMarks = this.#marks;
    const oldLeaves = this.#leaves;
    let capacity = length;
    while (capacity <= distance) capacity *= 2;
    this.#marks = new Uint8Array(capacity);
    this.#leaves = new Uint8Array(capacity * HASH_BYTES);
    for (let n = this.#floor; n < this.#floor + length; n++) {
      const from = n & (length - 1);
      const mark = oldMarks[from]!;
      if (mark === 0) continue;
      const leaf = oldLeaves.subarray(from * HASH_BYTES, (from + 1) * HASH_BYTES);
      this.#leaves.set(leaf, this.#slot(n) * HASH_BYTES);
      this.#marks[this.#slot(n)] = mark;
    }
  }
}
