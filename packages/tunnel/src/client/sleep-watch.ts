/** A difference of clocks, or a lateness, that no ordinary load explains, ms (rule D5). */
const JUMP_MS = 5_000;

/**
 * Notices that the machine slept or the process stood still: the clock of the day and the one that
 * only counts drift apart, or a timer comes far too late.
 */
export class SleepWatch {
  /** Timers are not set for longer, so that lateness is noticed. */
  static readonly LONGEST_MS: number = 3_600_000;
  #offsetMs: number = Date.now() - performance.now();
  #dueAt = Number.POSITIVE_INFINITY;

  /** A timer was set that fires in so many milliseconds. */
  expect(delayMs: number): void {
    this.#dueAt = performance.now() + Math.min(delayMs, SleepWatch.LONGEST_MS);
  }

  /** Whether there was a jump since the last call. */
  hasSlept(): boolean {
    const now = performance.now();
    const offsetMs = Date.now() - now;
    const hasJumped = Math.abs(offsetMs - this.#offsetMs) > JUMP_MS;
    const isLate = now > this.#dueAt + JUMP_MS;
    this.#offsetMs = offsetMs;
    if (isLate) this.#dueAt = Number.POSITIVE_INFINITY;
    return hasJumped || isLate;
  }
}
