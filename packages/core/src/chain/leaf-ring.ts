import type { StateCarrier } from '../state-carrier.js';
import { HASH_BYTES } from './lane.js';

const FIRST_CAPACITY = 4;
/** A ring of more leaves than this is given back when nothing is in it. */
const KEPT_CAPACITY = 256;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * Leaves by message number over a moving range, in one growing block of bytes: no object for a
 * leaf. Each number has a mark besides; 0 means that nothing is known. The block is made with the
 * first leaf, and a large one goes with the last.
 */
export class LeafRing {
  readonly #maxCapacity: number;
  #floor = 0;
  #leaves: Uint8Array = NO_BYTES;
  #marks: Uint8Array = NO_BYTES;
  /** Numbers that are known. */
  #count = 0;

  /** @param maxCapacity the longest range of numbers held at once, a power of two from 4 on */
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
    if (this.#marks[slot] === 0) this.#count++;
    this.#marks[slot] = mark;
    return true;
  }

  /** Forgets all numbers below `n`, which becomes the floor. */
  dropBelow(n: number): void {
    if (n <= this.#floor) return;
    if (n - this.#floor >= this.#marks.length) {
      this.#marks.fill(0);
      this.#count = 0;
    } else {
      for (let at = this.#floor; at < n; at++) this.#unmark(this.#slot(at));
    }
    this.#floor = n;
    if (this.#count > 0 || this.#marks.length <= KEPT_CAPACITY) return;
    this.#marks = NO_BYTES;
    this.#leaves = NO_BYTES;
  }

  /** Hands the floor over to a record, or takes it from one. Leaves are the owner's to carry. */
  carry(state: StateCarrier): void {
    this.#floor = state.number(this.#floor);
  }

  #unmark(slot: number): void {
    if (this.#marks[slot] === 0) return;
    this.#marks[slot] = 0;
    this.#count--;
  }

  // The bitwise operator reduces a number below 2^53 modulo 2^32 first, which keeps the low bits.
  #slot(n: number): number {
    return n & (this.#marks.length - 1);
  }

  #grow(distance: number): void {
    const { length } = this.#marks;
    const oldMarks = this.#marks;
    const oldLeaves = this.#leaves;
    let capacity = Math.max(length, FIRST_CAPACITY);
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
