// Makes new inputs of old ones. All mutations work in one buffer that is used again and again, so
// that making an input costs less than running it.
import {
  drawNumber,
  EDGE_BYTES,
  readVarint,
  shortestSpan,
  varintSpan,
  writeBigEndian,
  writeVarint,
} from './numbers.mjs';

/** Mutations on top of each other, at most 2 to this power. */
const MAX_STACK_BITS = 4;
const SPANS = [1, 2, 4, 8];
const FIXED_BYTES = [1, 2, 4, 8];

/** Mutates inputs up to a length. `bytes.subarray(0, length)` is the input under construction. */
export class Mutator {
  length = 0;
  #random;
  #maxBytes;
  #dictionary;
  #isText;
  #other;
  #steps;

  /**
   * @param random where chance comes from
   * @param options `maxBytes` of an input; `dictionary` of byte strings that mean something;
   *   `isText` when people write the input
   */
  constructor(random, { maxBytes, dictionary = [], isText = false }) {
    this.bytes = new Uint8Array(maxBytes);
    this.#random = random;
    this.#maxBytes = maxBytes;
    this.#dictionary = dictionary;
    this.#isText = isText;
    this.#steps = isText ? TEXT_STEPS : BINARY_STEPS;
  }

  /** The input as it is now, a view. */
  get input() {
    return this.bytes.subarray(0, this.length);
  }

  /** Starts from `input`, cut to the longest length. */
  load(input) {
    this.length = Math.min(input.length, this.#maxBytes);
    this.bytes.set(this.length === input.length ? input : input.subarray(0, this.length));
  }

  /** Applies one to sixteen mutations; few are likelier. @param other an input to take parts from */
  mutate(other) {
    this.#other = other;
    const random = this.#random;
    const count = 1 + random.skewed(MAX_STACK_BITS);
    for (let i = 0; i < count; i++) this.#steps[random.below(this.#steps.length)](this, random);
  }

  flipBit(random) {
    if (this.length === 0) return;
    this.bytes[random.below(this.length)] ^= 1 << random.below(8);
  }

  setByte(random) {
    if (this.length === 0) return;
    const at = random.below(this.length);
    if (random.oneIn(2)) this.bytes[at] = random.pick(EDGE_BYTES);
    else this.bytes[at] = this.#byte();
  }

  addToByte(random) {
    if (this.length === 0) return;
    this.bytes[random.below(this.length)] += random.between(-16, 16);
  }

  /** A number of fixed length, in either byte order. */
  setNumber(random) {
    const size = random.pick(FIXED_BYTES);
    if (this.length < size) return;
    const at = random.below(this.length - size + 1);
    writeBigEndian(this.bytes, at, drawNumber(random), size);
    if (random.oneIn(4)) this.bytes.subarray(at, at + size).reverse();
  }

  /** What stands here, read as a varint, becomes another number, or the same in a longer form. */
  setVarint(random) {
    if (this.length === 0) return;
    const at = random.below(this.length);
    const span = varintSpan(this.bytes[at]);
    if (at + span > this.length) return;
    const value = random.oneIn(3) ? readVarint(this.bytes, at) : drawNumber(random);
    const shortest = shortestSpan(value);
    const written = random.oneIn(3) ? random.pick(SPANS.filter((n) => n >= shortest)) : shortest;
    if (!this.#resize(at, span, written)) return;
    writeVarint(this.bytes, at, value, written);
  }

  /** A varint goes up or down by little. */
  stepVarint(random) {
    if (this.length === 0) return;
    const at = random.below(this.length);
    const span = varintSpan(this.bytes[at]);
    if (at + span > this.length) return;
    const last = at + span - 1;
    if (span === 1) this.bytes[at] = (this.bytes[at] + random.between(-2, 2)) & 0x3f;
    else this.bytes[last] += random.between(-2, 2);
  }

  /** What looks like a length of what follows is changed, with what it covers or without. */
  setLength(random) {
    if (this.length < 2) return;
    const at = random.below(this.length - 1);
    const size = random.oneIn(2) ? varintSpan(this.bytes[at]) : random.pick([1, 2, 4]);
    const left = this.length - at - size;
    if (left < 0) return;
    const length = random.oneIn(2) ? left + random.between(-2, 2) : random.below(left + 1);
    const value = BigInt(Math.max(0, length));
    if (random.oneIn(2)) writeBigEndian(this.bytes, at, value, size);
    else if (shortestSpan(value) <= size && SPANS.includes(size)) {
      writeVarint(this.bytes, at, value, size);
    }
    if (random.oneIn(3)) this.length = Math.min(this.length, at + size + Number(value));
  }

  insertBytes(random) {
    const count = 1 + random.skewed(5);
    const at = random.below(this.length + 1);
    if (!this.#resize(at, 0, count)) return;
    const fill = random.oneIn(2) ? this.#byte() : -1;
    for (let i = at; i < at + count; i++) this.bytes[i] = fill < 0 ? this.#byte() : fill;
  }

  deleteBytes(random) {
    if (this.length === 0) return;
    const at = random.below(this.length);
    this.#resize(at, Math.min(1 + random.skewed(6), this.length - at), 0);
  }

  /** A part is put somewhere else once more, over what is there or between it. */
  copyPart(random) {
    if (this.length === 0) return;
    const from = random.below(this.length);
    const count = Math.min(1 + random.skewed(7), this.length - from);
    this.#put(this.bytes.slice(from, from + count), random);
  }

  /** A part of another input. */
  splice(random) {
    const other = this.#other;
    if (other === undefined || other.length === 0) return;
    const from = random.below(other.length);
    const count = Math.min(1 + random.skewed(9), other.length - from);
    this.#put(other.subarray(from, from + count), random);
  }

  /** The end of another input behind the start of this one. */
  cross(random) {
    const other = this.#other;
    if (other === undefined || other.length === 0) return;
    const at = random.below(this.length + 1);
    const from = random.oneIn(2) ? Math.min(at, other.length) : random.below(other.length);
    const count = Math.min(other.length - from, this.#maxBytes - at);
    this.bytes.set(other.subarray(from, from + count), at);
    this.length = at + count;
  }

  useDictionary(random) {
    if (this.#dictionary.length > 0) this.#put(random.pick(this.#dictionary), random);
  }

  truncate(random) {
    this.length = random.below(this.length + 1);
  }

  #byte() {
    const random = this.#random;
    if (!this.#isText || random.oneIn(16)) return random.below(256);
    return random.oneIn(8) ? random.pick(LAYOUT) : random.between(0x20, 0x7e);
  }

  #put(part, random) {
    const isInsert = random.oneIn(2);
    const at = random.below(this.length + 1);
    if (isInsert && !this.#resize(at, 0, part.length)) return;
    if (at + part.length > this.#maxBytes) return;
    this.bytes.set(part, at);
    this.length = Math.max(this.length, at + part.length);
  }

  /** Makes `was` bytes at `at` into `is` bytes. @returns false, with nothing done, when too long */
  #resize(at, was, is) {
    const length = this.length - was + is;
    if (length > this.#maxBytes) return false;
    this.bytes.copyWithin(at + is, at + was, this.length);
    this.length = length;
    return true;
  }
}

/** White space and what ends lines. */
const LAYOUT = [0x20, 0x09, 0x0a, 0x0d];

const COMMON_STEPS = [
  (m, random) => m.flipBit(random),
  (m, random) => m.setByte(random),
  (m, random) => m.addToByte(random),
  (m, random) => m.insertBytes(random),
  (m, random) => m.deleteBytes(random),
  (m, random) => m.copyPart(random),
  (m, random) => m.splice(random),
  (m, random) => m.cross(random),
  (m, random) => m.useDictionary(random),
  (m, random) => m.truncate(random),
];

/** Numbers are where binary decoders go wrong: half of all steps. */
const BINARY_STEPS = [
  ...COMMON_STEPS,
  (m, random) => m.setNumber(random),
  (m, random) => m.setNumber(random),
  (m, random) => m.setVarint(random),
  (m, random) => m.setVarint(random),
  (m, random) => m.setVarint(random),
  (m, random) => m.stepVarint(random),
  (m, random) => m.stepVarint(random),
  (m, random) => m.setLength(random),
  (m, random) => m.setLength(random),
];

const TEXT_STEPS = [
  ...COMMON_STEPS,
  (m, random) => m.setByte(random),
  (m, random) => m.useDictionary(random),
  (m, random) => m.copyPart(random),
];
