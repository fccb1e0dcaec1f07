import { HASH_BYTES } from '../lane.js';

const FIRST_CAPACITY = 16;

/** The hashes of the statements of one signer in one session: 48 bytes each. */
export class StatementHashes {
  #count = 0;
  #numbers: Float64Array = new Float64Array(FIRST_CAPACITY);
  #offsets: Float64Array = new Float64Array(FIRST_CAPACITY);
  #hashes: Uint8Array = new Uint8Array(FIRST_CAPACITY * HASH_BYTES);

  /** How many statements there are. */
  get count(): number {
    return this.#count;
  }

  /** Adds statement `k`, greater than all before. @param fileOffset where its entry stands */
  add(k: number, hash: Uint8Array, fileOffset: number): void {
    if (this.#count === this.#numbers.length) this.#grow();
    this.#numbers[this.#count] = k;
    this.#offsets[this.#count] = fileOffset;
    this.#hashes.set(hash, this.#count * HASH_BYTES);
    this.#count++;
  }

  /** The number of the statement at `index` in the order of numbers; `index` is below `count`. */
  numberAt(index: number): number {
    return this.#numbers[index]!;
  }

  /** The hash of statement `k` as a view, or undefined. */
  hashOf(k: number): Uint8Array | undefined {
    const index = this.#indexOf(k);
    if (index < 0) return undefined;
    return this.#hashes.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES);
  }

  /** Where in its file the entry of statement `k` stands, or undefined. */
  offsetOf(k: number): number | undefined {
    const index = this.#indexOf(k);
    return index < 0 ? undefined : this.#offsets[index];
  }

  /** The hash of the statement with the highest number, or undefined. */
  get last(): Uint8Array | undefined {
    return this.#count === 0 ? undefined : this.hashOf(this.numberAt(this.#count - 1));
  }

  #indexOf(k: number): number {
    // Without a hole, a statement stands at its own number.
    if (k < this.#count && this.#numbers[k] === k) return k;
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const number = this.#numbers[middle]!;
      if (number === k) return middle;
      if (number < k) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #grow(): void {
    const capacity = 2 * this.#numbers.length;
    const numbers = new Float64Array(capacity);
    const offsets = new Float64Array(capacity);
    const hashes = new Uint8Array(capacity * HASH_BYTES);
    numbers.set(this.#numbers);
    offsets.set(this.#offsets);
    hashes.set(this.#hashes);
    this.#numbers = numbers;
    this.#offsets = offsets;
    this.#hashes = hashes;
  }
}
