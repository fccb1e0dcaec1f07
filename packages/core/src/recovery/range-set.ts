/**
 * A set of numbers kept as half-open ranges `[start, end)`: sorted, disjoint and never touching.
 * Used for the byte ranges of a message that arrived or were acknowledged (RFC 9000 2.2).
 *
 * The set itself has no limit; whoever fills it from the network bounds {@link count}.
 * Every operation is a binary search plus a move of the ranges behind it; extending the last range,
 * which is what undisturbed traffic does, touches nothing else.
 */
export class RangeSet {
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #covered = 0;

  /** How many separate ranges there are. */
  get count(): number {
    return this.#starts.length;
  }

  /** How many numbers are in the set. */
  get covered(): number {
    return this.#covered;
  }

  /** Whether nothing is in the set. */
  get isEmpty(): boolean {
    return this.#starts.length === 0;
  }

  /** First number of range `index` (0 is the lowest range, below {@link count}). */
  start(index: number): number {
    return this.#starts[index]!;
  }

  /** One past the last number of range `index` (0 is the lowest range, below {@link count}). */
  end(index: number): number {
    return this.#ends[index]!;
  }

  /**
   * Adds `[start, end)`; an empty range adds nothing.
   *
   * @returns how many of these numbers were not in the set before
   */
  add(start: number, end: number): number {
    if (end <= start) return 0;
    const first = this.#firstEndingAtOrAfter(start);
    const before = this.#covered;
    if (first === this.#starts.length || this.#starts[first]! > end) {
      this.#insert(first, start, end);
    } else {
      this.#absorb(first, start, end);
    }
    return this.#covered - before;
  }

  /**
   * Takes `[start, end)` out, splitting a range that reaches over it.
   *
   * @returns how many of these numbers were in the set
   */
  remove(start: number, end: number): number {
    if (end <= start) return 0;
    const before = this.#covered;
    let index = this.#firstEndingAtOrAfter(start);
    if (index < this.#starts.length && this.#starts[index]! < start) {
      const tailEnd = this.#ends[index]!;
      this.#covered -= tailEnd - start;
      this.#ends[index] = start;
      index++;
      if (tailEnd > end) this.#insert(index, end, tailEnd);
    }
    this.#cutFrom(index, end);
    return before - this.#covered;
  }

  /** Whether `value` is in the set. */
  contains(value: number): boolean {
    const index = this.#firstEndingAtOrAfter(value + 1);
    return index < this.#starts.length && this.#starts[index]! <= value;
  }

  /** Whether all of `[start, end)` is in the set; true for an empty range. */
  containsRange(start: number, end: number): boolean {
    return end <= start || this.nextMissing(start) >= end;
  }

  /** The lowest number at or above `from` that is not in the set. */
  nextMissing(from: number): number {
    const index = this.#firstEndingAtOrAfter(from + 1);
    if (index === this.#starts.length || this.#starts[index]! > from) return from;
    return this.#ends[index]!;
  }

  /** The lowest number at or above `from` that is in the set, or `Infinity`. */
  nextCovered(from: number): number {
    const index = this.#firstEndingAtOrAfter(from + 1);
    if (index === this.#starts.length) return Number.POSITIVE_INFINITY;
    return Math.max(from, this.#starts[index]!);
  }

  /** Empties the set. */
  clear(): void {
    this.#starts.length = 0;
    this.#ends.length = 0;
    this.#covered = 0;
  }

  /** Index of the lowest range with `end >= value`, or {@link count}. */
  #firstEndingAtOrAfter(value: number): number {
    const ends = this.#ends;
    let high = ends.length;
    // Traffic grows at the top: look there before searching.
    if (high === 0 || ends[high - 1]! < value) return high;
    let low = 0;
    if (high === 1 || ends[high - 2]! < value) return high - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (ends[middle]! < value) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Puts a new range at `index`; it touches no neighbour. */
  #insert(index: number, start: number, end: number): void {
    this.#covered += end - start;
    if (index === this.#starts.length) {
      this.#starts.push(start);
      this.#ends.push(end);
      return;
    }
    // `splice` moves memory as a block; `copyWithin` of an ordinary array goes item by item.
    this.#starts.splice(index, 0, start);
    this.#ends.splice(index, 0, end);
  }

  /** Merges `[start, end)` with range `index`, which it touches, and with all it reaches above. */
  #absorb(index: number, start: number, end: number): void {
    let next = index + 1;
    let mergedEnd = Math.max(end, this.#ends[index]!);
    this.#covered -= this.#ends[index]! - this.#starts[index]!;
    while (next < this.#starts.length && this.#starts[next]! <= mergedEnd) {
      mergedEnd = Math.max(mergedEnd, this.#ends[next]!);
      this.#covered -= this.#ends[next]! - this.#starts[next]!;
      next++;
    }
    this.#starts[index] = Math.min(start, this.#starts[index]!);
    this.#ends[index] = mergedEnd;
    this.#covered += mergedEnd - this.#starts[index]!;
    this.#delete(index + 1, next);
  }

  /** Removes everything below `end` from range `index` upwards; `index` starts at or above the cut. */
  #cutFrom(index: number, end: number): void {
    let next = index;
    while (next < this.#starts.length && this.#ends[next]! <= end) {
      this.#covered -= this.#ends[next]! - this.#starts[next]!;
      next++;
    }
    if (next < this.#starts.length && this.#starts[next]! < end) {
      this.#covered -= end - this.#starts[next]!;
      this.#starts[next] = end;
    }
    this.#delete(index, next);
  }

  /** Drops the ranges `[from, to)`. */
  #delete(from: number, to: number): void {
    if (from === to) return;
    this.#starts.splice(from, to - from);
    this.#ends.splice(from, to - from);
  }
}
