/** How many packets are remembered; a power of two. */
const CAPACITY = 256;

/**
 * When packets that are not tracked (ACK-only ones) were sent, for the latest 256 of them. An ACK
 * whose largest number is such a packet still gives an RTT sample, which an endpoint that mostly
 * receives would otherwise never get (RFC 9002 5.1 needs the time of the largest number only).
 */
export class UntrackedTimes {
  // Made with the first entry: an endpoint that mostly sends never needs them.
  #numbers: Float64Array | undefined = undefined;
  #times: Float64Array | undefined = undefined;

  /** Remembers that `packetNumber` was sent at `sentAt`. */
  add(packetNumber: number, sentAt: number): void {
    this.#numbers ??= new Float64Array(CAPACITY).fill(-1);
    this.#times ??= new Float64Array(CAPACITY);
    const slot = packetNumber & (CAPACITY - 1);
    this.#numbers[slot] = packetNumber;
    this.#times[slot] = sentAt;
  }

  /** Forgets everything. */
  clear(): void {
    this.#numbers = undefined;
    this.#times = undefined;
  }

  /** When `packetNumber` was sent, or `NaN` if that is not known. */
  sentAt(packetNumber: number): number {
    const slot = packetNumber & (CAPACITY - 1);
    if (this.#numbers?.[slot] !== packetNumber) return Number.NaN;
    return this.#times?.[slot] ?? Number.NaN;
  }
}
