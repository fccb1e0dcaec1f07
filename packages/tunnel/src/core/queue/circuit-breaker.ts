import type { RateBreaker } from '../port/tunnel-port.js';

/** A cap never gets lower: about one full packet each 100 ms. */
const MIN_BYTES_PER_MS = 14;
/** Without another sign of congestion for so many round trips, the cap is doubled. */
const CALM_ROUND_TRIPS = 4;
/** The rate that a cap is taken from is measured over so long, ms. */
const RATE_WINDOW_MS = 100;
/** A cap this far above what is sent says nothing any more. */
const LIFT_FACTOR = 8;
/** What may leave at once under a cap, ms of it. */
const BURST_MS = 20;

/**
 * Tunnel packets are outside of the congestion window, for what is in them controls itself. When
 * nothing at all gets through for three probe timeouts, that has failed: the rate is halved for each
 * round trip in which it goes on, and comes back by doubling (RFC 8084; rule D3).
 */
export class CircuitBreaker implements RateBreaker {
  readonly #rttMs: () => number;
  #capBytesPerMs: number = Number.POSITIVE_INFINITY;
  #tokens = 0;
  #filledAt = 0;
  /** When the cap was last halved, and when it last changed at all. */
  #halvedAt = 0;
  #changedAt = 0;
  #windowStart = 0;
  #windowBytes = 0;
  #rateBytesPerMs = 0;

  /** @param rttMs the smoothed round trip, 0 when it is not known */
  constructor(rttMs: () => number) {
    this.#rttMs = rttMs;
  }

  /** Bytes a millisecond that may leave; Infinity as a rule. */
  get capBytesPerMs(): number {
    return this.#capBytesPerMs;
  }

  /** Whether something may leave now. */
  allows(now: number): boolean {
    if (this.#capBytesPerMs === Number.POSITIVE_INFINITY) return true;
    this.#recover(now);
    this.#fill(now);
    return this.#tokens > 0;
  }

  /** So much left. */
  onSent(bytes: number, now: number): void {
    this.#measure(bytes, now);
    if (this.#capBytesPerMs !== Number.POSITIVE_INFINITY) this.#tokens -= bytes;
  }

  /** When {@link allows} may say something else; Infinity without a cap. */
  nextAt(): number {
    if (this.#capBytesPerMs === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    return this.#filledAt + Math.max(0, 1 - this.#tokens) / this.#capBytesPerMs;
  }

  /** Nothing gets through: the cap is set to half of what was sent lately, or halved. */
  onPersistentCongestion(now: number): void {
    if (this.#capBytesPerMs !== Number.POSITIVE_INFINITY) {
      if (now - this.#halvedAt < this.#rttMs()) return;
      // What it has grown to since is what the congestion is about.
      this.#recover(now);
    }
    const from = Math.min(this.#capBytesPerMs, this.#rate(now));
    this.#capBytesPerMs = Math.max(MIN_BYTES_PER_MS, from / 2);
    this.#tokens = 0;
    this.#filledAt = now;
    this.#halvedAt = now;
    this.#changedAt = now;
  }

  #recover(now: number): void {
    const calmMs = CALM_ROUND_TRIPS * Math.max(RATE_WINDOW_MS, this.#rttMs());
    while (now - this.#changedAt >= calmMs) {
      this.#changedAt += calmMs;
      this.#capBytesPerMs *= 2;
      if (this.#capBytesPerMs > LIFT_FACTOR * Math.max(MIN_BYTES_PER_MS, this.#rate(now))) {
        this.#capBytesPerMs = Number.POSITIVE_INFINITY;
        return;
      }
    }
  }

  #fill(now: number): void {
    const most = this.#capBytesPerMs * BURST_MS;
    this.#tokens = Math.min(most, this.#tokens + (now - this.#filledAt) * this.#capBytesPerMs);
    this.#filledAt = now;
  }

  #measure(bytes: number, now: number): void {
    this.#windowBytes += bytes;
    const ms = now - this.#windowStart;
    if (ms < RATE_WINDOW_MS) return;
    this.#rateBytesPerMs = ms > 2 * RATE_WINDOW_MS ? 0 : this.#windowBytes / ms;
    this.#windowStart = now;
    this.#windowBytes = 0;
  }

  /** What was sent lately, bytes a millisecond. */
  #rate(now: number): number {
    const ms = now - this.#windowStart;
    if (ms > 2 * RATE_WINDOW_MS) return this.#windowBytes / ms;
    return Math.max(this.#rateBytesPerMs, this.#windowBytes / Math.max(ms, RATE_WINDOW_MS));
  }
}
