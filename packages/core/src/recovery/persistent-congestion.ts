import type { StateCarrier } from '../state-carrier.js';
import type { SentPacket } from './sent-packet.js';

/**
 * Watches for persistent congestion (RFC 9002 7.6): two lost packets, sent more than the given
 * duration apart, with nothing acknowledged between them, both sent after the first RTT sample.
 *
 * Losses may be reported over any number of calls, in the order of their packet numbers. ACK-only
 * packets are not tracked and cannot break a run, which errs on the side of slowing down.
 */
export class PersistentCongestion {
  #runStart: number = Number.NaN;

  /**
   * A packet was declared lost.
   *
   * @param firstSampleAt when the first RTT sample was taken
   * @param durationMs how far apart the ends must lie, normally 3 PTO
   * @returns whether this loss completes a period; the next one starts here
   */
  onLost(packet: SentPacket, firstSampleAt: number, durationMs: number): boolean {
    if (packet.ackedBefore) this.#runStart = Number.NaN;
    // A lost MTU probe is no sign of congestion, so it is neither end of a period.
    if (packet.mtuProbe || packet.sentAt <= firstSampleAt) return false;
    if (Number.isNaN(this.#runStart)) {
      this.#runStart = packet.sentAt;
      return false;
    }
    if (packet.sentAt - this.#runStart <= durationMs) return false;
    this.#runStart = packet.sentAt;
    return true;
  }

  /** A packet declared lost was acknowledged after all: what was seen so far proves nothing. */
  reset(): void {
    this.#runStart = Number.NaN;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#runStart = state.number(this.#runStart);
  }
}
