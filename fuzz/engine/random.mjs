// Chance of the fuzzer: sfc32 (Doty-Humphrey, PractRand), which follows from a text alone.

const TWO_32 = 2 ** 32;
/** Rounds thrown away after seeding, so that near seeds have nothing in common. */
const WARM_UP_ROUNDS = 15;

/** A seeded stream of random numbers, made for speed: its choices are almost equally likely. */
export class FuzzRandom {
  #a;
  #b;
  #c;
  #counter = 1;

  /** @param seed a text or a number; the same one gives the same numbers */
  constructor(seed) {
    const text = String(seed);
    this.#a = hashText(text, 0x811c9dc5);
    this.#b = hashText(text, 0x9e3779b9);
    this.#c = hashText(text, 0x85ebca6b);
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.u32();
  }

  /** @returns an integer in 0..2^32-1 */
  u32() {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + sum) | 0;
    return sum >>> 0;
  }

  /** @returns an integer in 0..count-1 @param count 1 to 2^32 */
  below(count) {
    return Math.floor((this.u32() / TWO_32) * count);
  }

  /** @returns an integer in low..high, both included */
  between(low, high) {
    return low + this.below(high - low + 1);
  }

  /** @returns true once in `count` times on average */
  oneIn(count) {
    return this.below(count) === 0;
  }

  /** @returns one element of a list that is not empty */
  pick(list) {
    return list[this.below(list.length)];
  }

  /** @returns a number that is small mostly: below 2^k, where every k up to `bits` is as likely */
  skewed(bits) {
    return Math.floor((this.u32() / TWO_32) * 2 ** this.below(bits + 1));
  }

  /** @returns that many random bytes in a new array */
  bytes(count) {
    const out = new Uint8Array(count);
    for (let i = 0; i < count; i++) out[i] = this.u32();
    return out;
  }
}

/** FNV-1a over the UTF-16 code units, finished with the mixer of MurmurHash3. */
function hashText(text, basis) {
  let hash = basis;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
