import type { CarrierLink } from '../carrier-link.js';
import type { CarrierDialer, CarrierTarget } from './carrier-dialer.js';

/** What {@link CarrierTries} tells. */
export interface CarrierTriesHandler {
  /** A carrier is connected and may be spoken on. */
  onCarrier(link: CarrierLink, way: CarrierTarget): void;
  /** One that will not be. */
  onFailed(error: unknown): void;
}

/** How long a way has before the next one is tried beside it (RFC 8305 section 5). */
const STAGGER_MS = 250;
/** Where datagrams answer within this time, nothing else needs to be connected at all. */
const HEAD_START_MS = 50;

/**
 * Connects carriers for a first handshake: one after the other without waiting for those before, as
 * connecting costs little. They are spoken on later, so that as a rule only one gets to see a hello
 * (rule D1).
 */
export class CarrierTries {
  readonly #dialer: CarrierDialer;
  readonly #handler: CarrierTriesHandler;
  readonly #stopped = new AbortController();
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  /** Carriers that are connected and wait for their turn. */
  readonly #waiting = new Set<CarrierLink>();
  #pending = 0;

  constructor(dialer: CarrierDialer, handler: CarrierTriesHandler) {
    this.#dialer = dialer;
    this.#handler = handler;
  }

  /** How many may still come. */
  get pending(): number {
    return this.#pending;
  }

  /** @param afterDatagrams whether datagrams get to try first */
  start(afterDatagrams: boolean): void {
    const startedAt = performance.now();
    this.#pending = this.#dialer.ways.length;
    this.#dialer.ways.forEach((way, i) => {
      const speakAt = startedAt + (i + (afterDatagrams ? 1 : 0)) * STAGGER_MS;
      const headStartMs = afterDatagrams ? HEAD_START_MS : 0;
      this.#later(headStartMs + i * STAGGER_MS, () => void this.#try(way, speakAt));
    });
  }

  /** Gives up what was not handed over. */
  stop(): void {
    this.#stopped.abort();
    this.#pending = 0;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    for (const link of this.#waiting) link.destroy();
    this.#waiting.clear();
  }

  async #try(way: CarrierTarget, speakAt: number): Promise<void> {
    const { signal } = this.#stopped;
    try {
      const link = await this.#dialer.connect(way, signal);
      if (signal.aborted) {
        link.destroy();
        return;
      }
      this.#waiting.add(link);
      this.#later(speakAt - performance.now(), () => {
        this.#waiting.delete(link);
        this.#pending--;
        this.#handler.onCarrier(link, way);
      });
    } catch (error) {
      if (signal.aborted) return;
      this.#pending--;
      this.#handler.onFailed(error);
    }
  }

  #later(delayMs: number, run: () => void): void {
    if (delayMs <= 0) {
      run();
      return;
    }
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      run();
    }, delayMs);
    this.#timers.add(timer);
  }
}
