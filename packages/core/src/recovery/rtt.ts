import type { StateCarrier } from '../state-carrier.js';
import { GRANULARITY_MS, INITIAL_RTT_MS } from './constants.js';

/**
 * Round-trip time of one path (RFC 9002 5, the same arithmetic as RFC 6298). All times in ms.
 *
 * Before the first sample the estimate is the initial value, normally what the handshake took
 * (rule K3). The first sample replaces it wholly, because a handshake also measures how long the
 * peer took to compute and to authorise.
 */
export class RttEstimator {
  #initialMs: number;
  #smoothed = 0;
  #variance = 0;
  #min = 0;
  #latest = 0;
  #firstSampleAt = Number.POSITIVE_INFINITY;

  /** @param initialMs what to assume until the first sample; default 333 ms (RFC 9002 6.2.2) */
  constructor(initialMs: number = INITIAL_RTT_MS) {
    this.#initialMs = initialMs;
    this.reset();
  }

  /** Smoothed round-trip time. */
  get smoothed(): number {
    return this.#smoothed;
  }

  /** Mean deviation of the samples. */
  get variance(): number {
    return this.#variance;
  }

  /** Smallest sample, ACK delay included; the initial value until there is a sample. */
  get min(): number {
    return this.#min;
  }

  /** Most recent sample, ACK delay included; the initial value until there is a sample. */
  get latest(): number {
    return this.#latest;
  }

  /** Whether the estimate rests on at least one sample. */
  get hasSample(): boolean {
    return this.#firstSampleAt !== Number.POSITIVE_INFINITY;
  }

  /** When the first sample was taken, or `Infinity`. */
  get firstSampleAt(): number {
    return this.#firstSampleAt;
  }

  /**
   * Takes a sample (RFC 9002 5.3). A sample that is negative or no number is ignored.
   *
   * @param latestMs time from sending a packet to its acknowledgement
   * @param ackDelayMs how long the peer says it held the acknowledgement back, already limited to
   *   the peer's max_ack_delay
   */
  update(latestMs: number, ackDelayMs: number, now: number): void {
    if (!(latestMs >= 0)) return;
    this.#latest = latestMs;
    if (!this.hasSample) {
      this.#firstSampleAt = now;
      this.#min = latestMs;
      this.#smoothed = latestMs;
      this.#variance = latestMs / 2;
      return;
    }
    this.#min = Math.min(this.#min, latestMs);
    const adjusted = latestMs >= this.#min + ackDelayMs ? latestMs - ackDelayMs : latestMs;
    this.#variance += (Math.abs(this.#smoothed - adjusted) - this.#variance) / 4;
    this.#smoothed += (adjusted - this.#smoothed) / 8;
  }

  /** Probe timeout without backoff: `srtt + max(4 * rttvar, 2 ms) + maxAckDelay` (RFC 9002 6.2.1). */
  ptoMs(maxAckDelayMs: number): number {
    return this.#smoothed + Math.max(4 * this.#variance, GRANULARITY_MS) + maxAckDelayMs;
  }

  /** Starts the minimum again from the latest sample, after persistent congestion (RFC 9002 5.2). */
  restartMin(): void {
    this.#min = this.#latest;
  }

  /** Forgets every sample: the path is another one. @param initialMs a new initial value, if known */
  reset(initialMs: number = this.#initialMs): void {
    this.#initialMs = initialMs;
    this.#smoothed = initialMs;
    this.#variance = initialMs / 2;
    this.#min = initialMs;
    this.#latest = initialMs;
    this.#firstSampleAt = Number.POSITIVE_INFINITY;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#initialMs = state.number(this.#initialMs);
    this.#smoothed = state.number(this.#smoothed);
    this.#variance = state.number(this.#variance);
    this.#min = state.number(this.#min);
    this.#latest = state.number(this.#latest);
    this.#firstSampleAt = state.number(this.#firstSampleAt);
  }
}
