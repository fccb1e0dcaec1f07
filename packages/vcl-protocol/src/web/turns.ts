import { type Page, type PageChannel, page } from './page.js';

/**
 * Runs callbacks in turns of their own, soon: by messages to itself, because browsers delay timers,
 * by 4 ms mostly and by a second or more in a page that is not seen. While a page is left each turn
 * may be its last, so they run at once then, and what it says is still sent.
 */
export class Turns {
  readonly #page: Pick<Page, 'MessageChannel' | 'addEventListener'>;
  #channel: PageChannel | undefined;
  #waiting: (() => void)[] = [];
  #isLeaving = false;

  constructor(surroundings: Pick<Page, 'MessageChannel' | 'addEventListener'> = page) {
    this.#page = surroundings;
    surroundings.addEventListener?.('pagehide', () => {
      this.#isLeaving = true;
      if (this.#waiting.length > 0) this.#ask();
    });
    // It was kept, and is shown again.
    surroundings.addEventListener?.('pageshow', () => {
      this.#isLeaving = false;
    });
  }

  /** Runs `turn` once, after the present one. */
  defer(turn: () => void): void {
    this.#waiting.push(turn);
    if (this.#waiting.length === 1) this.#ask();
  }

  #ask(): void {
    if (this.#isLeaving) {
      queueMicrotask(() => this.#run());
      return;
    }
    if (this.#channel === undefined) {
      this.#channel = new this.#page.MessageChannel();
      this.#channel.port1.onmessage = () => this.#run();
    }
    this.#channel.port2.postMessage(undefined);
  }

  /** What a turn defers runs in the next one. */
  #run(): void {
    const turns = this.#waiting;
    this.#waiting = [];
    for (const [index, turn] of turns.entries()) {
      try {
        turn();
      } catch (error) {
        // As with timers, what one throws is reported and costs the others a turn, no more.
        const isAsked = this.#waiting.length > 0;
        this.#waiting.unshift(...turns.slice(index + 1));
        if (!isAsked && this.#waiting.length > 0) this.#ask();
        throw error;
      }
    }
  }
}
