import type { StateCarrier } from '../state-carrier.js';
import {
  BUSY_ACK_THRESHOLD,
  BUSY_PACKETS_IN_FLIGHT,
  DEFAULT_ACK_THRESHOLD,
  DEFAULT_MAX_ACK_DELAY_MS,
} from './constants.js';

/** How often the receiver acknowledges. */
export interface AckSchedulerOptions {
  /** Longest time an acknowledgement is held back; default 25 ms, streams use 100 ms (D2). */
  readonly maxAckDelayMs?: number;
  /** Ack-eliciting packets per acknowledgement; default 2. */
  readonly threshold?: number;
}

/**
 * Decides when the receiving side of a path acknowledges (rule K3, RFC 9000 13.2): at once after a
 * gap or a reordered packet, else after every second ack-eliciting packet or when the delay is
 * over. ACK-only packets never cause an acknowledgement.
 */
export class AckScheduler {
  readonly #maxAckDelayMs: number;
  readonly #initialThreshold: number;
  #threshold: number;
  #unacknowledged = 0;
  #urgent = false;
  #deadline: number = Number.POSITIVE_INFINITY;
  #largest = -1;
  #largestAt = 0;

  constructor(options: AckSchedulerOptions = {}) {
    this.#maxAckDelayMs = options.maxAckDelayMs ?? DEFAULT_MAX_ACK_DELAY_MS;
    this.#initialThreshold = Math.max(1, options.threshold ?? DEFAULT_ACK_THRESHOLD);
    this.#threshold = this.#initialThreshold;
  }

  /** Whether something ack-eliciting arrived since the last ACK: an ACK may ride along. */
  get isPending(): boolean {
    return this.#unacknowledged > 0;
  }

  /** When an acknowledgement is due at the latest, or `Infinity`; the past means at once. */
  get deadline(): number {
    return this.#deadline;
  }

  /** Ack-eliciting packets per acknowledgement in force. */
  get threshold(): number {
    return this.#threshold;
  }

  /**
   * A packet was received for the first time.
   *
   * @param isOutOfOrder `packetNumber` was not the largest so far plus one
   */
  onPacketReceived(
    packetNumber: number,
    ackEliciting: boolean,
    now: number,
    isOutOfOrder: boolean,
  ): void {
    if (packetNumber > this.#largest) {
      this.#largest = packetNumber;
      this.#largestAt = now;
    }
    if (!ackEliciting) return;
    this.#unacknowledged++;
    if (isOutOfOrder || this.#unacknowledged >= this.#threshold) {
      this.#urgent = true;
      this.#deadline = now;
    } else if (this.#deadline === Number.POSITIVE_INFINITY) {
      this.#deadline = now + this.#maxAckDelayMs;
    }
  }

  /** Whether an ACK must be sent even if nothing else is. */
  shouldAckNow(now: number): boolean {
    return this.#urgent || now >= this.#deadline;
  }

  /** An ACK of everything received was sent. */
  onAckSent(): void {
    this.#unacknowledged = 0;
    this.#urgent = false;
    this.#deadline = Number.POSITIVE_INFINITY;
  }

  /** How long the largest packet number has been waiting for its ACK, for the ACK frame. */
  ackDelayMs(now: number): number {
    return this.#largest < 0 ? 0 : Math.max(0, now - this.#largestAt);
  }

  /** The peer asked for one ACK per `threshold` packets (ACK_FREQUENCY); below 1 counts as 1. */
  setFrequency(threshold: number): void {
    this.#threshold = Math.max(1, threshold);
  }

  /** Forgets what was received: the packet number space is another one. */
  reset(): void {
    this.onAckSent();
    this.#threshold = this.#initialThreshold;
    this.#largest = -1;
    this.#largestAt = 0;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#threshold = state.number(this.#threshold);
    this.#unacknowledged = state.number(this.#unacknowledged);
    this.#urgent = state.flag(this.#urgent);
    this.#deadline = state.number(this.#deadline);
    this.#largest = state.number(this.#largest);
    this.#largestAt = state.number(this.#largestAt);
  }
}

/** The threshold a sender asks for by ACK_FREQUENCY: 8 above 100 packets in flight, else 2 (K3). */
export function ackThresholdFor(packetsInFlight: number): number {
  return packetsInFlight > BUSY_PACKETS_IN_FLIGHT ? BUSY_ACK_THRESHOLD : DEFAULT_ACK_THRESHOLD;
}
