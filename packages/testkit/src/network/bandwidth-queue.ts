/** Less than this many bytes in the queue is rounding, not a datagram. */
const EMPTY_BYTES = 1e-6;

/** The queue before a line of limited rate: bytes go in at once and drain at the rate of the line. */
export class BandwidthQueue {
  #bitsPerSecond = Number.POSITIVE_INFINITY;
  #backlogBytes = 0;
  #settledAtMs = 0;

  /** Changes the rate from `now` on; what waits drains at the new rate. */
  setRate(bitsPerSecond: number, now: number): void {
    this.#settle(now);
    this.#bitsPerSecond = bitsPerSecond;
  }

  /** Bytes that have not left yet, the datagram on the line included. */
  backlogBytes(now: number): number {
    this.#settle(now);
    return this.#backlogBytes;
  }

  /**
   * Puts a datagram at the end of the queue. One that finds the line idle is always taken.
   *
   * @returns when its last bit leaves, in milliseconds, or -1 when the queue of `queueBytes` is full
   */
  enter(bytes: number, queueBytes: number, now: number): number {
    this.#settle(now);
    if (this.#bitsPerSecond === Number.POSITIVE_INFINITY) return now;
    if (this.#backlogBytes > 0 && this.#backlogBytes + bytes > queueBytes) return -1;
    this.#backlogBytes += bytes;
    return now + (this.#backlogBytes * 8000) / this.#bitsPerSecond;
  }

  #settle(now: number): void {
    const elapsedMs = now - this.#settledAtMs;
    if (elapsedMs <= 0) return;
    this.#settledAtMs = now;
    const left = this.#backlogBytes - (elapsedMs * this.#bitsPerSecond) / 8000;
    this.#backlogBytes = left > EMPTY_BYTES ? left : 0;
  }
}
