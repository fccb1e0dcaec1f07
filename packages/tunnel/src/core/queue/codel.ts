/** How long a packet may wait as a rule, and for how long more may be put up with (RFC 8289 4.2, 4.3). */
export const CODEL_TARGET_MS = 5;
export const CODEL_INTERVAL_MS = 100;

/** State of CoDel for one queue (RFC 8289, section 5): numbers only, so that a flow costs nothing more. */
export class CodelState {
  /** When the waiting time will have been too long for an interval, or 0. */
  #firstAboveAt = 0;
  #isDropping = false;
  #dropNextAt = 0;
  #count = 0;
  #lastCount = 0;

  /**
   * Whether the packet at the head is to be dropped. Asked again for the packet behind it.
   *
   * @param waitedMs how long the packet has waited
   * @param backlogBytes what is left in the queue with it
   * @param mtuBytes a queue that holds no more than this is never too long
   */
  shouldDrop(waitedMs: number, backlogBytes: number, mtuBytes: number, now: number): boolean {
    const isTooLong = this.#isTooLong(waitedMs, backlogBytes, mtuBytes, now);
    if (this.#isDropping) {
      if (!isTooLong) {
        this.#isDropping = false;
        return false;
      }
      if (now < this.#dropNextAt) return false;
      this.#count++;
      this.#dropNextAt = controlLaw(this.#dropNextAt, this.#count);
      return true;
    }
    if (!isTooLong) return false;
    this.#enterDropping(now);
    return true;
  }

  /** The queue ran empty: nothing in it waits for too long. */
  onEmpty(): void {
    this.#firstAboveAt = 0;
    this.#isDropping = false;
  }

  #isTooLong(waitedMs: number, backlogBytes: number, mtuBytes: number, now: number): boolean {
    if (waitedMs < CODEL_TARGET_MS || backlogBytes <= mtuBytes) {
      this.#firstAboveAt = 0;
      return false;
    }
    if (this.#firstAboveAt === 0) {
      this.#firstAboveAt = now + CODEL_INTERVAL_MS;
      return false;
    }
    return now >= this.#firstAboveAt;
  }

  /** Shortly after it last dropped, it goes on where it was (RFC 8289 5.6). */
  #enterDropping(now: number): void {
    this.#isDropping = true;
    const delta = this.#count - this.#lastCount;
    const isRecent = now - this.#dropNextAt < 16 * CODEL_INTERVAL_MS;
    this.#count = delta > 1 && isRecent ? delta : 1;
    this.#dropNextAt = controlLaw(now, this.#count);
    this.#lastCount = this.#count;
  }
}

function controlLaw(at: number, count: number): number {
  return at + CODEL_INTERVAL_MS / Math.sqrt(count);
}
