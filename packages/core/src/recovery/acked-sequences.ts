import { RangeSet } from './range-set.js';

/** Runs of acknowledged numbers remembered; the lowest are forgotten first. */
const MAX_RUNS = 1_024;

/**
 * Which sequence numbers were acknowledged, in bounded memory: consecutive ones cost nothing, and
 * at most 1,024 separate runs are kept.
 */
export class AckedSequences {
  readonly #runs = new RangeSet();

  /** Remembers `sequence`. */
  add(sequence: number): void {
    this.#runs.add(sequence, sequence + 1);
    if (this.#runs.count > MAX_RUNS) this.#runs.remove(this.#runs.start(0), this.#runs.end(0));
  }

  /** Whether `sequence` is remembered. */
  has(sequence: number): boolean {
    return this.#runs.contains(sequence);
  }

  /** Forgets everything. */
  clear(): void {
    this.#runs.clear();
  }
}
