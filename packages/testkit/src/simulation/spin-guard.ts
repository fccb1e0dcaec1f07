/** Timeouts without any datagram at one instant that a machine may ask for. */
const MAX_IDLE_TIMEOUTS = 1000;
/** Timeouts at one instant that a machine may ask for when it sends or receives in between. */
const MAX_BUSY_TIMEOUTS = 100_000;
/** Timeouts nearer together than this count as one instant: no real timer is that fine. */
const INSTANT_MS = 0.001;

/** Finds machines whose deadline does not move on when it is served. */
export class SpinGuard {
  readonly #name: string;
  #instantMs = Number.NEGATIVE_INFINITY;
  #idleTimeouts = 0;
  #timeouts = 0;

  /** @param name what the machine is called in the error message */
  constructor(name: string) {
    this.#name = name;
  }

  /** A datagram came or went: the machine does something. */
  noteProgress(): void {
    this.#idleTimeouts = 0;
  }

  /** @throws Error when the machine asked for too many timeouts at one instant */
  noteTimeout(now: number): void {
    if (now - this.#instantMs > INSTANT_MS) {
      this.#instantMs = now;
      this.#idleTimeouts = 0;
      this.#timeouts = 0;
    }
    this.#idleTimeouts++;
    this.#timeouts++;
    if (this.#idleTimeouts > MAX_IDLE_TIMEOUTS || this.#timeouts > MAX_BUSY_TIMEOUTS) {
      throw new Error(
        `${this.#name} spins: it asked for ${this.#timeouts} timeouts at ${now} ms; ` +
          'pollTimeout() must return a later time once handleTimeout() has run',
      );
    }
  }
}
