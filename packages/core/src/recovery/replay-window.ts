import { VCLError } from '../errors.js';
import type { StateCarrier } from '../state-carrier.js';

const ALL_USED = 0xffff_ffff;

/**
 * A sliding bitmap over numbers that may be used once (after RFC 6479): packet numbers of a path,
 * or message numbers of the lossy lane (rule C6). A number is refused when it was committed before
 * or lies `size` or more below the highest one committed; a jump ahead of any size is legal.
 *
 * `check` before the AEAD is only a cheap filter; `commit` may be called only once the AEAD has
 * verified, so that a forged datagram never moves the window.
 *
 * The bitmap is made when a number is first left out: as long as all came in order, the highest one
 * says everything.
 */
export class ReplayWindow {
  /** Absent while every number up to the highest one counts as used. */
  #words: Uint32Array | undefined;
  readonly #size: number;
  #highest = -1;

  /**
   * @param size how many numbers are remembered: a power of two from 32 to 2^24, default 8,192
   * @throws VCLError `InvalidConfig` for any other size
   */
  constructor(size: number = 8_192) {
    if (!Number.isInteger(Math.log2(size)) || size < 32 || size > 2 ** 24) {
      throw new VCLError('InvalidConfig', 'replay window: use a power of two from 32 to 2^24');
    }
    this.#size = size;
  }

  /** How many numbers are remembered. */
  get size(): number {
    return this.#size;
  }

  /** The highest number committed, or -1. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether `number` (an integer below 2^53) would be accepted. */
  check(number: number): boolean {
    if (number > this.#highest) return true;
    const words = this.#words;
    if (words === undefined || number < 0 || this.#highest - number >= this.#size) return false;
    return (words[wordOf(words, number)]! & (1 << number)) === 0;
  }

  /**
   * Marks `number` as used.
   *
   * @returns whether it was accepted; false changes nothing
   */
  commit(number: number): boolean {
    if (this.#words === undefined && number === this.#highest + 1) {
      this.#highest = number;
      return true;
    }
    if (!this.check(number)) return false;
    this.#words ??= new Uint32Array(this.#size / 32).fill(ALL_USED);
    const words = this.#words;
    if (number > this.#highest) {
      slide(words, this.#highest, number);
      this.#highest = number;
    }
    words[wordOf(words, number)]! |= 1 << number;
    return true;
  }

  /** From here on every number up to the highest one is refused, so that no bitmap is needed. */
  closeGaps(): void {
    this.#words = undefined;
  }

  /** Forgets everything. */
  clear(): void {
    this.#words = undefined;
    this.#highest = -1;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#highest = state.number(this.#highest);
    this.#words = state.keep(this.#words);
  }
}

// The low 32 bits of a number are enough to place it: the window divides 2^32.
function wordOf(words: Uint32Array, number: number): number {
  return (number >>> 5) & (words.length - 1);
}

/** Clears the bits of `(highest, number]`, which stood for numbers that now fall out below. */
function slide(words: Uint32Array, highest: number, number: number): void {
  if (number - highest >= 32 * words.length) {
    words.fill(0);
    return;
  }
  let next = highest + 1;
  while (next <= number) {
    if ((next & 31) === 0 && number - next >= 31) {
      words[wordOf(words, next)] = 0;
      next += 32;
    } else {
      words[wordOf(words, next)]! &= ~(1 << next);
      next++;
    }
  }
}
