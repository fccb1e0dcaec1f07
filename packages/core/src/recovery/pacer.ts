import type { StateCarrier } from '../state-carrier.js';
import type { CongestionController } from './congestion/controller.js';
import {
  PACER_BURST_MS,
  PACER_BURST_PACKETS,
  PACER_GAIN,
  PACER_MIN_TIMER_MS,
} from './constants.js';
import type { RttEstimator } from './rtt.js';

/** Round-trip times below this are taken for it, so that the rate stays finite. */
const MIN_RTT_MS = 0.01;

/** What the pacer reads; it changes none of it. */
export interface PacerOptions {
  readonly rtt: RttEstimator;
  readonly congestion: CongestionController;
  /** Size of a full datagram. */
  readonly maxDatagramBytes: number;
}

/**
 * Token bucket that spreads a window over its round trip (RFC 9002 7.7): 1.25 cwnd per smoothed
 * RTT, bursts of 10 datagrams or 2 ms of that rate, whichever is more. Timers that fire late only
 * fill the bucket: they are never taken for loss (E2).
 */
export class Pacer {
  readonly #rtt: RttEstimator;
  readonly #congestion: CongestionController;
  #maxDatagramBytes: number;
  #tokens = Number.POSITIVE_INFINITY;
  #filledAt = 0;

  constructor(options: PacerOptions) {
    this.#rtt = options.rtt;
    this.#congestion = options.congestion;
    this.#maxDatagramBytes = options.maxDatagramBytes;
  }

  /** Present rate in bytes per ms. */
  get rateBytesPerMs(): number {
    const rttMs = Math.max(this.#rtt.smoothed, MIN_RTT_MS);
    return (PACER_GAIN * this.#congestion.cwndBytes) / rttMs;
  }

  /** Bytes that may leave at once after a pause. */
  get burstBytes(): number {
    return Math.max(
      PACER_BURST_PACKETS * this.#maxDatagramBytes,
      PACER_BURST_MS * this.rateBytesPerMs,
    );
  }

  /**
   * When `bytes` may be sent: `now`, or a time at least 1 ms later. More than a burst at once is
   * allowed as soon as the bucket is full.
   */
  availableAt(bytes: number, now: number): number {
    this.#fill(now);
    const missing = Math.min(bytes, this.burstBytes) - this.#tokens;
    // Less than a byte is rounding: the timer that was asked for has come.
    if (missing < 1) return now;
    return now + Math.max(missing / this.rateBytesPerMs, PACER_MIN_TIMER_MS);
  }

  /** `bytes` were sent. Probes that did not ask first may leave the bucket in debt. */
  onSent(bytes: number, now: number): void {
    this.#fill(now);
    this.#tokens -= bytes;
  }

  /** The datagram size of the path changed. */
  setMaxDatagramBytes(bytes: number): void {
    this.#maxDatagramBytes = bytes;
  }

  /** Fills the bucket: the path is another one. */
  reset(): void {
    this.#tokens = Number.POSITIVE_INFINITY;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#maxDatagramBytes = state.number(this.#maxDatagramBytes);
    this.#tokens = state.number(this.#tokens);
    this.#filledAt = state.number(this.#filledAt);
  }

  #fill(now: number): void {
    const elapsedMs = Math.max(0, now - this.#filledAt);
    this.#filledAt = Math.max(this.#filledAt, now);
    this.#tokens = Math.min(this.burstBytes, this.#tokens + elapsedMs * this.rateBytesPerMs);
  }
}
