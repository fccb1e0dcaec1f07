import type { StateCarrier } from '../state-carrier.js';
import { DESPAIR_PTOS, PTO_CAP_IDLE_MS, PTO_CAP_WITH_DATA_MS } from './constants.js';
import type { RttEstimator } from './rtt.js';

/**
 * The probe timeout of one path with its exponential backoff (RFC 9002 6.2, rule K3). The backed-off
 * interval is at most 2 s while data waits and 60 s while none does or nobody has answered for 64
 * of them, but never below one PTO.
 */
export class PtoTimer {
  readonly #rtt: RttEstimator;
  readonly #maxAckDelayMs: () => number;
  #count = 0;
  #startedAt: number = Number.NEGATIVE_INFINITY;
  #dataQueued = false;

  /** @param maxAckDelayMs gives the peer's max_ack_delay, which is a parameter of the handshake */
  constructor(rtt: RttEstimator, maxAckDelayMs: () => number) {
    this.#rtt = rtt;
    this.#maxAckDelayMs = maxAckDelayMs;
  }

  /** How often it fired since something was acknowledged. */
  get count(): number {
    return this.#count;
  }

  /** Whether it fired so often in a row that the peer seems to be gone. */
  get isDespairing(): boolean {
    return this.#count >= DESPAIR_PTOS;
  }

  /** One PTO without backoff. */
  get baseMs(): number {
    return this.#rtt.ptoMs(this.#maxAckDelayMs());
  }

  /** The interval in force, backoff included. */
  get intervalMs(): number {
    const baseMs = this.baseMs;
    const isEager = this.#dataQueued && !this.isDespairing;
    const ceilingMs = isEager ? PTO_CAP_WITH_DATA_MS : PTO_CAP_IDLE_MS;
    return Math.min(baseMs * 2 ** this.#count, Math.max(baseMs, ceilingMs));
  }

  /** When it fires, given that an ack-eliciting packet is outstanding. */
  get deadline(): number {
    return this.#startedAt + this.intervalMs;
  }

  /** An ack-eliciting packet was sent: the interval starts again. */
  onSent(now: number): void {
    this.#startedAt = Math.max(this.#startedAt, now);
  }

  /** A packet was acknowledged: the backoff ends. */
  onAcked(): void {
    this.#count = 0;
  }

  /** The peer was heard though it acknowledged nothing: it is there, and a probe worth its while. */
  onHeard(): void {
    if (this.isDespairing) this.#count = DESPAIR_PTOS - 1;
  }

  /**
   * It fired. The next interval runs from here and not from the last packet sent, so that a sender
   * which cannot probe just then is not woken again at once.
   */
  onFired(now: number): void {
    this.#count++;
    this.#startedAt = now;
  }

  /** Whether data waits for the path, sent or unsent. */
  setDataQueued(queued: boolean): void {
    this.#dataQueued = queued;
  }

  /** Forgets the backoff and the last start. */
  reset(): void {
    this.#count = 0;
    this.#startedAt = Number.NEGATIVE_INFINITY;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#count = state.number(this.#count);
    this.#startedAt = state.number(this.#startedAt);
    this.#dataQueued = state.flag(this.#dataQueued);
  }
}
