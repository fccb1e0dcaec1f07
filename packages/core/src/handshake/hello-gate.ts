import type { CryptoProvider } from '../crypto/provider.js';
import { CookieJar } from './cookie.js';
import { encodeRetryFlight, type HelloFlight } from './flights.js';
import { PrefixLimiter } from './prefix-limiter.js';

/** Half-open attempts beyond which a cookie is demanded (SPEC 4.4). */
export const COOKIE_HALF_OPEN = 128;
/** Hellos a second beyond which a cookie is demanded (SPEC 4.4). */
export const COOKIE_HELLOS_PER_SECOND = 500;
/** Half-open attempts a server holds at most (SPEC 4.4). */
export const MAX_HALF_OPEN = 1024;

/** A hello that asks for a new half-open attempt. Repetitions of a live one do not come here. */
export interface ArrivedHello {
  /** The source address as the carrier names it. */
  readonly address: string;
  readonly port: number;
  /** The flight of kind 1, split. */
  readonly flight: HelloFlight;
  /** Half-open attempts at the moment. */
  readonly halfOpen: number;
}

/** Why the gate turned a hello away. */
export type GateDropReason = 'half-open-full' | 'bad-cookie' | 'prefix-rate';

/** What to do with a hello. */
export type GateDecision =
  | { readonly type: 'respond' }
  /** Answer with an envelope of kind 4 that holds `flight`, and keep nothing. */
  | { readonly type: 'retry'; readonly flight: Uint8Array }
  | { readonly type: 'drop'; readonly reason: GateDropReason };

/**
 * Decides at the door of a server, before anything dear is computed, whether a hello is answered,
 * sent back for a cookie, or dropped (SPEC 4.4).
 */
export class HelloGate {
  readonly #crypto: CryptoProvider;
  readonly #jar: CookieJar;
  readonly #limiter = new PrefixLimiter();
  #second = 0;
  #helloCount = 0;
  #previousCount = 0;

  constructor(crypto: CryptoProvider, now: number) {
    this.#crypto = crypto;
    this.#jar = new CookieJar(crypto, now);
  }

  /** Decides about one hello, and counts it. */
  decide(hello: ArrivedHello, now: number): GateDecision {
    this.#count(now);
    const isLoaded =
      hello.halfOpen >= COOKIE_HALF_OPEN || this.hellosPerSecond(now) > COOKIE_HELLOS_PER_SECOND;
    if (!isLoaded) return { type: 'respond' };
    const { address, port, flight } = hello;
    const source = { address, port, chHash: this.#crypto.sha256(flight.hello) };
    if (flight.cookie === undefined) {
      return { type: 'retry', flight: encodeRetryFlight(this.#jar.make(source, now)) };
    }
    if (!this.#jar.check(flight.cookie, source, now)) return drop('bad-cookie');
    if (!this.#limiter.take(address, now)) return drop('prefix-rate');
    return hello.halfOpen >= MAX_HALF_OPEN ? drop('half-open-full') : { type: 'respond' };
  }

  /** Hellos in the last second, estimated from the current second and the one before. */
  hellosPerSecond(now: number): number {
    this.#advance(now);
    const passed = now / 1000 - this.#second;
    return this.#helloCount + this.#previousCount * (1 - passed);
  }

  #count(now: number): void {
    this.#advance(now);
    this.#helloCount++;
  }

  #advance(now: number): void {
    const second = Math.floor(now / 1000);
    if (second === this.#second) return;
    this.#previousCount = second === this.#second + 1 ? this.#helloCount : 0;
    this.#helloCount = 0;
    this.#second = second;
  }
}

function drop(reason: GateDropReason): GateDecision {
  return { type: 'drop', reason };
}
