const FIRST_INTERVAL_MS = 250;
const GROWTH = 1.5;
const MAX_INTERVAL_MS = 500;
const COPIES = 3;
const COPY_GAP_MS = 20;
/** On a carrier that loses nothing, only a server that was too busy makes a client ask again. */
const ORDERED_INTERVAL_MS = 1_000;

/**
 * When a client sends its current flight (SPEC 4.5): at once, after 250 ms, then at intervals that
 * grow by 1.5 to 500 ms; from the second try on as three copies 20 ms apart. On a carrier that loses
 * nothing: once a second.
 */
export class FlightTimer {
  readonly #isOrdered: boolean;
  #next = Number.POSITIVE_INFINITY;
  #interval = FIRST_INTERVAL_MS;
  #copiesLeft = 1;
  #tryStarted = 0;
  #sent = 0;

  /** @param isOrdered whether the carrier loses nothing */
  constructor(isOrdered = false) {
    this.#isOrdered = isOrdered;
  }

  /** When the next copy is due, in milliseconds; `Infinity` when stopped. */
  get next(): number {
    return this.#next;
  }

  /** How many copies of the current flight were sent. */
  get sent(): number {
    return this.#sent;
  }

  /** When the current try began, in milliseconds: the only sending, while `sent` is 1. */
  get tryStarted(): number {
    return this.#tryStarted;
  }

  /** Starts over with a new flight, due at once. */
  restart(now: number): void {
    this.#next = now;
    this.#interval = FIRST_INTERVAL_MS;
    this.#copiesLeft = 1;
    this.#sent = 0;
  }

  /** Sends no more. */
  stop(): void {
    this.#next = Number.POSITIVE_INFINITY;
  }

  /** Whether a copy is due. If so it counts as sent at `now`. */
  take(now: number): boolean {
    if (now < this.#next) return false;
    const isNewTry = this.#copiesLeft === COPIES || this.#sent === 0;
    if (isNewTry) this.#tryStarted = now;
    this.#sent++;
    if (this.#isOrdered) {
      this.#next = now + ORDERED_INTERVAL_MS;
      return true;
    }
    this.#copiesLeft--;
    if (this.#copiesLeft > 0) {
      this.#next = now + COPY_GAP_MS;
      return true;
    }
    this.#next = this.#tryStarted + this.#interval;
    this.#interval = Math.min(this.#interval * GROWTH, MAX_INTERVAL_MS);
    this.#copiesLeft = COPIES;
    return true;
  }
}
