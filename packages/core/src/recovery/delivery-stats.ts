import type { StateCarrier } from '../state-carrier.js';
import { LOSS_WINDOW_PACKETS } from './constants.js';

/**
 * What became of the packets of one path. The loss rate is taken over the last 128 packets whose
 * fate is known, so that it follows the path and never exceeds 1; adaptive reliability decides by
 * it. Only ack-eliciting packets count, and lost MTU probes do not (rule K3).
 */
export class DeliveryStats {
  /** One 1 for each loss among the last packets; made with the first loss. */
  #outcomes: Uint8Array | undefined = undefined;
  #resolved = 0;
  #lostInWindow = 0;
  #sent = 0;
  #acked = 0;
  #lost = 0;
  #retransmits = 0;
  #spurious = 0;

  /** Packets sent since the start. */
  get totalSent(): number {
    return this.#sent;
  }

  /** Packets acknowledged since the start, late ones included. */
  get totalAcked(): number {
    return this.#acked;
  }

  /** Packets declared lost since the start, spurious ones included. */
  get totalLost(): number {
    return this.#lost;
  }

  /** Packets that carried content a second time. */
  get totalRetransmits(): number {
    return this.#retransmits;
  }

  /** Packets declared lost and acknowledged afterwards. */
  get totalSpurious(): number {
    return this.#spurious;
  }

  /** How many outcomes {@link lossRate} rests on, 0 to 128: a rate over few means little. */
  get sampleCount(): number {
    return Math.min(this.#resolved, LOSS_WINDOW_PACKETS);
  }

  /** Lost packets among the last 128 with a known fate, 0 to 1; 0 while there is none. */
  get lossRate(): number {
    return this.#resolved === 0 ? 0 : this.#lostInWindow / this.sampleCount;
  }

  /** A packet was sent. */
  onSent(): void {
    this.#sent++;
  }

  /** A packet was acknowledged in time. */
  onAcked(): void {
    this.#acked++;
    this.#record(0);
  }

  /** A packet was declared lost. @returns what {@link onSpurious} needs if that proves wrong */
  onLost(): number {
    this.#lost++;
    this.#record(1);
    return this.#resolved - 1;
  }

  /** A packet declared lost was acknowledged after all. @param outcome what {@link onLost} returned */
  onSpurious(outcome: number): void {
    this.#spurious++;
    this.#acked++;
    if (this.#resolved - outcome > LOSS_WINDOW_PACKETS) return;
    this.#lostInWindow--;
    if (this.#outcomes !== undefined) this.#outcomes[outcome % LOSS_WINDOW_PACKETS] = 0;
  }

  /** A packet with content of an earlier one was sent. */
  onRetransmit(): void {
    this.#retransmits++;
  }

  /** Sets everything to zero. */
  reset(): void {
    this.#outcomes = undefined;
    this.#resolved = 0;
    this.#lostInWindow = 0;
    this.#sent = 0;
    this.#acked = 0;
    this.#lost = 0;
    this.#retransmits = 0;
    this.#spurious = 0;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#outcomes = state.keep(this.#outcomes);
    this.#resolved = state.number(this.#resolved);
    this.#lostInWindow = state.number(this.#lostInWindow);
    this.#sent = state.number(this.#sent);
    this.#acked = state.number(this.#acked);
    this.#lost = state.number(this.#lost);
    this.#retransmits = state.number(this.#retransmits);
    this.#spurious = state.number(this.#spurious);
  }

  #record(lost: 0 | 1): void {
    const slot = this.#resolved % LOSS_WINDOW_PACKETS;
    this.#resolved++;
    if (lost === 1) this.#outcomes ??= new Uint8Array(LOSS_WINDOW_PACKETS);
    if (this.#outcomes === undefined) return;
    this.#lostInWindow += lost - this.#outcomes[slot]!;
    this.#outcomes[slot] = lost;
  }
}
