import type { StateCarrier } from '../state-carrier.js';
import { type AckBlock, acknowledges, smallestOf } from './ack-block.js';

/** How many skipped numbers are remembered; a power of two. */
const CAPACITY = 64;

/**
 * The packet numbers a sender left out on purpose. An acknowledgement of one proves that the peer
 * acknowledges what it never saw (optimistic ACK, RFC 9000 21.4). The latest 64 are remembered.
 */
export class SkippedNumbers {
  /** At most 64, the place of each by its count. */
  #numbers: number[] = [];
  #total = 0;

  /** Remembers `packetNumber`, which is above all remembered before. */
  add(packetNumber: number): void {
    this.#numbers[this.#total & (CAPACITY - 1)] = packetNumber;
    this.#total++;
  }

  /** Whether `block` acknowledges a number that is remembered as skipped. */
  isAcknowledgedBy(block: AckBlock): boolean {
    const oldest = Math.max(0, this.#total - CAPACITY);
    const lowestAcked = smallestOf(block);
    for (let index = this.#total - 1; index >= oldest; index--) {
      const skipped = this.#numbers[index & (CAPACITY - 1)]!;
      if (skipped < lowestAcked) return false;
      if (acknowledges(block, skipped)) return true;
    }
    return false;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#numbers = [...state.list(this.#numbers, (n) => state.number(n ?? 0))];
    this.#total = state.number(this.#total);
  }
}
