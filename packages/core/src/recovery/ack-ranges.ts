import { MAX_ACK_RANGES } from '../wire/frames/ack-frame.js';

/**
 * The packet numbers received in one packet number space, as inclusive ranges ready for an ACK
 * frame: index 0 is the highest range (RFC 9000 19.3.1). At most 64 ranges are kept (rule D6); when
 * one more is needed the lowest is forgotten, so a peer cannot make this state grow.
 */
export class AckRanges {
  // Ascending inside, so that growth at the top moves nothing.
  readonly #starts = new Float64Array(MAX_ACK_RANGES);
  readonly #ends = new Float64Array(MAX_ACK_RANGES);
  #count = 0;

  /** How many ranges there are, 0 to 64. */
  get count(): number {
    return this.#count;
  }

  /** The largest packet number received, or -1. */
  get largest(): number {
    return this.#count === 0 ? -1 : this.#ends[this.#count - 1]!;
  }

  /** First packet number of range `index`; 0 is the highest range. */
  start(index: number): number {
    return this.#starts[this.#count - 1 - index]!;
  }

  /** Last packet number (inclusive) of range `index`; 0 is the highest range. */
  end(index: number): number {
    return this.#ends[this.#count - 1 - index]!;
  }

  /**
   * Records a received packet number.
   *
   * @returns false when it was recorded before. A number below everything remembered counts as
   *   new, even when all 64 ranges are in use and it cannot be kept: the replay window, not this
   *   class, decides about duplicates.
   */
  add(packetNumber: number): boolean {
    const top = this.#count - 1;
    if (top >= 0 && packetNumber === this.#ends[top]! + 1) {
      this.#ends[top] = packetNumber;
      return true;
    }
    return this.#addAnywhere(packetNumber);
  }

  /** Whether `packetNumber` is in a range that is still remembered. */
  contains(packetNumber: number): boolean {
    const index = this.#lastStartingAtOrBelow(packetNumber);
    return index >= 0 && this.#ends[index]! >= packetNumber;
  }

  /** Forgets every number below `packetNumber`: the peer knows that they arrived. */
  dropBelow(packetNumber: number): void {
    let gone = 0;
    while (gone < this.#count && this.#ends[gone]! < packetNumber) gone++;
    if (gone > 0) {
      this.#starts.copyWithin(0, gone, this.#count);
      this.#ends.copyWithin(0, gone, this.#count);
      this.#count -= gone;
    }
    if (this.#count > 0 && this.#starts[0]! < packetNumber) this.#starts[0] = packetNumber;
  }

  /** Forgets everything. */
  clear(): void {
    this.#count = 0;
  }

  #addAnywhere(packetNumber: number): boolean {
    const below = this.#lastStartingAtOrBelow(packetNumber);
    if (below >= 0 && this.#ends[below]! >= packetNumber) return false;
    const above = below + 1;
    const touchesBelow = below >= 0 && this.#ends[below]! === packetNumber - 1;
    const touchesAbove = above < this.#count && this.#starts[above]! === packetNumber + 1;
    if (touchesBelow && touchesAbove) {
      this.#ends[below] = this.#ends[above]!;
      this.#delete(above);
    } else if (touchesBelow) {
      this.#ends[below] = packetNumber;
    } else if (touchesAbove) {
      this.#starts[above] = packetNumber;
    } else {
      this.#insert(above, packetNumber);
    }
    return true;
  }

  /** Highest index with `start <= packetNumber`, or -1. Searches from the top, where traffic is. */
  #lastStartingAtOrBelow(packetNumber: number): number {
    let index = this.#count - 1;
    while (index >= 0 && this.#starts[index]! > packetNumber) index--;
    return index;
  }

  #insert(index: number, packetNumber: number): void {
    let at = index;
    if (this.#count === MAX_ACK_RANGES) {
      if (at === 0) return;
      this.#delete(0);
      at--;
    }
    this.#starts.copyWithin(at + 1, at, this.#count);
    this.#ends.copyWithin(at + 1, at, this.#count);
    this.#starts[at] = packetNumber;
    this.#ends[at] = packetNumber;
    this.#count++;
  }

  #delete(index: number): void {
    this.#starts.copyWithin(index, index + 1, this.#count);
    this.#ends.copyWithin(index, index + 1, this.#count);
    this.#count--;
  }
}
