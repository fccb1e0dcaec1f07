// What a run went through: counters that instrumented code raises, in buckets as AFL has them.

/** Room for the counters of all packages together. */
const MAX_POINTS = 65_536;

/** The bit of a counter's bucket: 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128 and more. */
const BUCKETS = Uint8Array.from({ length: 256 }, (_, count) => {
  if (count === 0) return 0;
  if (count <= 3) return 1 << (count - 1);
  if (count < 8) return 8;
  if (count < 16) return 16;
  if (count < 32) return 32;
  return count < 128 ? 64 : 128;
});

/** The counters of this process, made on first use; instrumented code finds them by this name. */
export const COUNTERS_NAME = 'vclFuzzCounters';

/** The counters of this process: a byte for each point, which instrumented code raises. */
export function counters() {
  globalThis[COUNTERS_NAME] ??= new Uint8Array(MAX_POINTS);
  return globalThis[COUNTERS_NAME];
}

/** Tells runs that went where none went before. A feature is a point with one of its buckets. */
export class Coverage {
  #counters = counters();
  #words = new Uint32Array(this.#counters.buffer);
  #seen = new Uint8Array(MAX_POINTS);
  /** How many words of the counters are in use. */
  #used;
  features = 0;

  /** @param points how many points the instrumented code has */
  constructor(points) {
    this.#used = Math.ceil(points / 4);
  }

  /** Before a run. */
  reset() {
    this.#words.fill(0, 0, this.#used);
  }

  /** After a run. @returns how many features it had that no run had before */
  fresh() {
    let found = 0;
    for (let word = 0; word < this.#used; word++) {
      if (this.#words[word] === 0) continue;
      for (let i = 4 * word; i < 4 * word + 4; i++) {
        const bucket = BUCKETS[this.#counters[i]];
        if ((this.#seen[i] | bucket) === this.#seen[i]) continue;
        this.#seen[i] |= bucket;
        found++;
      }
    }
    this.features += found;
    return found;
  }

  /** After a run: all its features as numbers, for the choice of a small corpus. */
  list() {
    const features = [];
    for (let i = 0; i < 4 * this.#used; i++) {
      const bucket = BUCKETS[this.#counters[i]];
      if (bucket !== 0) features.push(i * 256 + bucket);
    }
    return features;
  }
}
