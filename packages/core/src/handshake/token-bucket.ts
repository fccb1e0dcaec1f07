/** Lets things happen at a rate, with a burst of them at a time. It starts full. */
export class TokenBucket {
  readonly #perMs: number;
  readonly #burst: number;
  #tokens: number;
  #filledAt = Number.NEGATIVE_INFINITY;

  /** @param burst tokens it holds at most, at least 1 */
  constructor(perSecond: number, burst: number) {
    this.#perMs = perSecond / 1000;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Whether there is a token. */
  has(now: number): boolean {
    this.#fill(now);
    return this.#tokens >= 1;
  }

  /**
   * Takes a token unless fewer than `kept` would be left.
   *
   * @returns false when nothing was taken
   */
  take(now: number, kept = 0): boolean {
    this.#fill(now);
    if (this.#tokens < 1 + kept) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(now: number): void {
    if (now <= this.#filledAt) return;
    this.#tokens = Math.min(this.#burst, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
  }
}
