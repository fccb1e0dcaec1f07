const WORD = 0xffff_ffffn;

/** sfc32 and its seeding, written for clearness in BigInt: the twin of SeededRandom. */
export class NaiveSfc32 {
  #a: bigint;
  #b: bigint;
  #c: bigint;
  #counter = 1n;

  constructor(seed: string) {
    this.#a = hash(seed, 0x811c9dc5n);
    this.#b = hash(seed, 0x9e3779b9n);
    this.#c = hash(seed, 0x85ebca6bn);
    for (let round = 0; round < 15; round++) this.u32();
  }

  u32(): number {
    const output = (this.#a + this.#b + this.#counter) & WORD;
    this.#counter = (this.#counter + 1n) & WORD;
    this.#a = this.#b ^ (this.#b >> 9n);
    this.#b = (this.#c + (this.#c << 3n)) & WORD;
    const rotated = ((this.#c << 21n) | (this.#c >> 11n)) & WORD;
    this.#c = (rotated + output) & WORD;
    return Number(output);
  }
}

function hash(text: string, basis: bigint): bigint {
  let value = basis;
  for (const unit of Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))) {
    value = ((value ^ BigInt(unit)) * 0x01000193n) & WORD;
  }
  value = ((value ^ (value >> 16n)) * 0x85ebca6bn) & WORD;
  value = ((value ^ (value >> 13n)) * 0xc2b2ae35n) & WORD;
  return value ^ (value >> 16n);
}
