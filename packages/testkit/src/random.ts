/**
 * Random numbers that are the same on every machine for the same seed. The generator is sfc32
 * (Doty-Humphrey, PractRand), fed from a hash of the seed's text; only 32-bit integer arithmetic is
 * used, so no platform's floating-point library can change a sequence.
 */

const TWO_TO_32 = 0x1_0000_0000;
/** Rounds thrown away after seeding, so that near seeds have nothing in common. */
const WARM_UP_ROUNDS = 15;

/** A seeded stream of random numbers for tests. Predictable by design: never use it for keys. */
export class SeededRandom {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed a safe integer or a text; `1` and `'1'` are the same seed */
  constructor(seed: number | string) {
    if (typeof seed === 'number' && !Number.isSafeInteger(seed)) {
      throw new RangeError(`a numeric seed must be a safe integer, not ${seed}`);
    }
    this.#seed = String(seed);
    this.#a = hashText(this.#seed, 0x811c9dc5);
    this.#b = hashText(this.#seed, 0x9e3779b9);
    this.#c = hashText(this.#seed, 0x85ebca6b);
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.u32();
  }

  /** @returns an integer in 0..2^32-1 */
  u32(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** @returns a number in [0, 1), a multiple of 2^-32 */
  next(): number {
    return this.u32() / TWO_TO_32;
  }

  /**
   * @param count how many outcomes there are, 1..2^32
   * @returns an integer in 0..count-1, every one equally likely
   * @throws RangeError when `count` is not an integer in that range
   */
  int(count: number): number {
    if (!Number.isInteger(count) || count < 1 || count > TWO_TO_32) {
      throw new RangeError(`int() needs an integer from 1 to 2^32, not ${count}`);
    }
    const limit = TWO_TO_32 - (TWO_TO_32 % count);
    for (;;) {
      const drawn = this.u32();
      if (drawn < limit) return drawn % count;
    }
  }

  /** @returns an integer in `low`..`high`, both included; the range may hold up to 2^32 integers */
  intBetween(low: number, high: number): number {
    return low + this.int(high - low + 1);
  }

  /** @returns a number in [`low`, `high`); `low` when both are equal */
  between(low: number, high: number): number {
    return low + (high - low) * this.next();
  }

  /**
   * @param probability 0 (never) to 1 (always)
   * @returns true with that probability; one number is drawn in every case
   */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** @returns one element, every one equally likely @throws RangeError when the list is empty */
  pick<T>(list: readonly T[]): T {
    if (list.length === 0) throw new RangeError('pick() needs a list that is not empty');
    return list[this.int(list.length)] as T;
  }

  /** Fills `out` with random bytes; each four bytes are one number, little endian. */
  bytes(out: Uint8Array): void {
    let word = 0;
    for (let index = 0; index < out.length; index++) {
      word = (index & 3) === 0 ? this.u32() : word >>> 8;
      out[index] = word & 0xff;
    }
  }

  /**
   * A stream of its own, named after this one's seed and `label`. It does not depend on how much was
   * drawn from this stream, and drawing from it changes nothing here: tests stay reproducible when
   * one part draws more.
   */
  fork(label: string): SeededRandom {
    return new SeededRandom(`${this.#seed}/${label.length}:${label}`);
  }
}

/** FNV-1a over the UTF-16 code units, finished with the mixer of MurmurHash3. */
function hashText(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
