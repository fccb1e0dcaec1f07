import { VCLError } from '@vcl-protocol/core';
import type { CarrierAddress, CarrierScheme } from '../carrier-address.js';
import type { CarrierLink } from '../carrier-link.js';

/** The address of a carrier that has to be connected. */
export interface CarrierTarget extends CarrierAddress {
  readonly scheme: Exclude<CarrierScheme, 'udp' | 'auto'>;
}

/** Connects one carrier. @throws VCLError `IoError` that names the address */
export type Dial = (target: CarrierTarget, signal: AbortSignal) => Promise<CarrierLink>;

/** How long a way has before the next one is tried beside it (RFC 8305 section 5). */
const STAGGER_MS = 250;

/** Connects a carrier by whichever of several ways is the first to work. */
export class CarrierDialer {
  readonly #dial: Dial;
  #ways: readonly CarrierTarget[];

  /** @param ways best first */
  constructor(ways: readonly CarrierTarget[], dial: Dial) {
    this.#ways = ways;
    this.#dial = dial;
  }

  get ways(): readonly CarrierTarget[] {
    return this.#ways;
  }

  /** Connects by one way. */
  connect(way: CarrierTarget, signal: AbortSignal): Promise<CarrierLink> {
    return this.#dial(way, signal);
  }

  /** This way has led to the server: it is tried first from here on. */
  prefer(way: CarrierTarget): void {
    this.#ways = [way, ...this.#ways.filter((other) => other !== way)];
  }

  /** The way that is tried first has led nowhere: it is tried last from here on. */
  rotate(): void {
    const [first, ...others] = this.#ways;
    if (first !== undefined) this.#ways = [...others, first];
  }

  /**
   * The first carrier that connects; the others are destroyed.
   *
   * @throws VCLError why the best way failed, when all did; the reason of `signal`
   */
  async race(signal: AbortSignal): Promise<CarrierLink> {
    signal.throwIfAborted();
    const [first] = this.#ways;
    if (first === undefined) throw new VCLError('IoError', 'no carrier leads to this server');
    const decided = new AbortController();
    const until = AbortSignal.any([signal, decided.signal]);
    const tries = this.#ways.map(async (way, i) => {
      if (i > 0) await pause(i * STAGGER_MS, until);
      const link = await this.#dial(way, until);
      if (until.aborted) {
        link.destroy();
        throw until.reason;
      }
      // Here, so that two that connect in one turn are not both the first.
      decided.abort();
      return link;
    });
    try {
      return await Promise.any(tries);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof AggregateError ? error.errors[0] : error;
    } finally {
      decided.abort();
    }
  }
}

/** @throws the reason of `signal` */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });
}
