/** Packets that may leave at once: fewer than fit into the default socket buffer of Linux. */
const BURST = 32;

/** Spreads packets over time. Times are milliseconds of a monotonic clock. */
export class LegacyPacer {
  readonly #perMs: number;
  #tokens: number = BURST;
  #filledAt: number;

  /** @param packetsPerSecond above 0 */
  constructor(packetsPerSecond: number, now: number) {
    this.#perMs = packetsPerSecond / 1_000;
    this.#filledAt = now;
  }

  /** Takes the right to send one packet. @returns false when there is none yet */
  take(now: number): boolean {
    this.#tokens = Math.min(BURST, this.#tokens + (now - this.#filledAt) * this.#perMs);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  /** The right that was taken was not needed. */
  giveBack(): void {
    this.#tokens++;
  }

  /** When {@link take} gives true again, as things are. */
  nextAt(): number {
    return this.#filledAt + Math.max(0, 1 - this.#tokens) / this.#perMs;
  }
}
