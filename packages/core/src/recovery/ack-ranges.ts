import type { StateCarrier } from '../state-carrier.js';
import { MAX_ACK_RANGES } from '../wire/frames/ack-frame.js';

/** Ranges below the highest one. */
const MAX_LOWER = MAX_ACK_RANGES - 1;
const FIRST_CAPACITY = 8;
const NONE: Float64Array = new Float64Array(0);

/**
 * The packet numbers received in one packet number space, as inclusive ranges ready for an ACK
 * frame: index 0 is the highest range (RFC 9000 19.3.1). At most 64 ranges are kept (rule D6); when
 * one more is needed the lowest is forgotten, so a peer cannot make this state grow.
 */
export class AckRanges {
  // The highest range stands apart: while all arrives in order there is no other.
  #topStart = 0;
  #topEnd = -1;
  // The others ascend, so that growth at the top moves nothing.
  #starts: Float64Array = NONE;
  #ends: Float64Array = NONE;
  #lower = 0;

  /** How many ranges there are, 0 to 64. */
  get count(): number {
    return this.#topEnd < 0 ? 0 : this.#lower + 1;
  }

  /** The largest packet number received, or -1. */
  get largest(): number {
    return this.#topEnd;
  }

  /** First packet number of range `index`; 0 is the highest range. */
  start(index: number): number {
    return index === 0 ? this.#topStart : this.#starts[this.#lower - index]!;
  }

  /** Last packet number (inclusive) of range `index`; 0 is the highest range. */
  end(index: number): number {
    return index === 0 ? this.#topEnd : this.#ends[this.#lower - index]!;
  }

  /**
   * Records a received packet number.
   *
   * @returns false when it was recorded before. A number below everything remembered counts as
   *   new, even when all 64 ranges are in use and it cannot be kept: the replay window, not this
   *   class, decides about duplicates.
   */
  add(packetNumber: number): boolean {
    const top = this.#topEnd;
    if (packetNumber <= top) {
      return packetNumber < this.#topStart && this.#addBelow(packetNumber);
    }
    if (packetNumber !== top + 1 || top < 0) {
      if (top >= 0) this.#insert(this.#lower, this.#topStart, top);
      this.#topStart = packetNumber;
    }
    this.#topEnd = packetNumber;
    return true;
  }

  /** Whether `packetNumber` is in a range that is still remembered. */
  contains(packetNumber: number): boolean {
    if (packetNumber >= this.#topStart) return packetNumber <= this.#topEnd;
    const index = this.#lastStartingAtOrBelow(packetNumber);
    return index >= 0 && this.#ends[index]! >= packetNumber;
  }

  /** Forgets every number below `packetNumber`: the peer knows that they arrived. */
  dropBelow(packetNumber: number): void {
    if (packetNumber > this.#topEnd) {
      this.clear();
      return;
    }
    let gone = 0;
    while (gone < this.#lower && this.#ends[gone]! < packetNumber) gone++;
    if (gone > 0) {
      this.#starts.copyWithin(0, gone, this.#lower);
      this.#ends.copyWithin(0, gone, this.#lower);
      this.#lower -= gone;
    }
    if (this.#lower > 0) this.#starts[0] = Math.max(this.#starts[0]!, packetNumber);
    else this.#topStart = Math.max(this.#topStart, packetNumber);
  }

  /** Forgets everything. */
  clear(): void {
    this.#topStart = 0;
    this.#topEnd = -1;
    this.#lower = 0;
    this.compact();
  }

  /** Gives back the room that only ranges below the highest one need, when there are none. */
  compact(): void {
    if (this.#lower > 0) return;
    this.#starts = NONE;
    this.#ends = NONE;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#topStart = state.number(this.#topStart);
    this.#topEnd = state.number(this.#topEnd);
    this.#lower = state.number(this.#lower);
    this.#starts = state.keep(this.#lower > 0 ? this.#starts : undefined) ?? NONE;
    this.#ends = state.keep(this.#lower > 0 ? this.#ends : undefined) ?? NONE;
  }

  /** Adds a number below the highest range. */
  #addBelow(packetNumber: number): boolean {
    const below = this.#lastStartingAtOrBelow(packetNumber);
    if (below >= 0 && this.#ends[below]! >= packetNumber) return false;
    const above = below + 1;
    const isTop = above === this.#lower;
    const touchesBelow = below >= 0 && this.#ends[below]! === packetNumber - 1;
    const touchesAbove = (isTop ? this.#topStart : this.#starts[above]!) === packetNumber + 1;
    if (touchesBelow && touchesAbove) {
      if (isTop) this.#topStart = this.#starts[below]!;
      else this.#starts[above] = this.#starts[below]!;
      this.#delete(below);
    } else if (touchesBelow) {
      this.#ends[below] = packetNumber;
    } else if (!touchesAbove) {
      this.#insert(above, packetNumber, packetNumber);
    } else if (isTop) {
      this.#topStart = packetNumber;
    } else {
      this.#starts[above] = packetNumber;
    }
    return true;
  }

  /** Highest lower range with `start <= packetNumber`, or -1. Searches from the top, where traffic is. */
  #lastStartingAtOrBelow(packetNumber: number): number {
    let index = this.#lower - 1;
    while (index >= 0 && this.#starts[index]! > packetNumber) index--;
    return index;
  }

  #insert(index: number, start: number, end: number): void {
    let at = index;
    if (this.#lower === MAX_LOWER) {
      if (at === 0) return;
      this.#delete(0);
      at--;
    }
    if (this.#lower === this.#starts.length) this.#grow();
    this.#starts.copyWithin(at + 1, at, this.#lower);
    this.#ends.copyWithin(at + 1, at, this.#lower);
    this.#starts[at] = start;
    this.#ends[at] = end;
    this.#lower++;
  }

  #delete(index: number): void {
    this.#starts.copyWithin(index, index + 1, this.#lower);
    this.#ends.copyWithin(index, index + 1, this.#lower);
    this.#lower--;
  }

  #grow(): void {
    const capacity = Math.max(FIRST_CAPACITY, 2 * this.#starts.length);
    const [starts, ends] = [this.#starts, this.#ends];
    this.#starts = new Float64Array(capacity);
    this.#ends = new Float64Array(capacity);
    this.#starts.set(starts);
    this.#ends.set(ends);
  }
}
