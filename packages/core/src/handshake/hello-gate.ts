import type { CryptoProvider } from '../crypto/provider.js';
import { CookieJar } from './cookie.js';
import { encodeRetryFlight } from './flights.js';
import { PrefixLimiter } from './prefix-limiter.js';
import { TokenBucket } from './token-bucket.js';

/** Half-open attempts beyond which a cookie is demanded (SPEC 4.4). */
export const COOKIE_HALF_OPEN = 128;
/** Hellos a second beyond which a cookie is demanded (SPEC 4.4). */
export const COOKIE_HELLOS_PER_SECOND = 500;
/** Hellos a second that a loaded server answers: each costs it an X25519 and a signature (SPEC 4.4). */
const ANSWERS_PER_SECOND = 500;
/** Cookies a second that it hands out; a client asks often enough to get one of them (SPEC 4.4). */
export const RETRIES_PER_SECOND = 8_000;

const ANSWER_BURST = 100;
/** Of these, so many are kept for addresses that have not been answered lately. */
const KEPT_FOR_NEWCOMERS = 50;
const RETRY_BURST = 500;

/** A hello that asks for a new half-open attempt. Repetitions of a live one do not come here. */
export interface ArrivedHello {
  /** The source address as the carrier names it. */
  readonly address: string;
  readonly port: number;
  /** SHA-256 of the whole CH message. */
  readonly chHash: Uint8Array;
  /** What came with it, if anything. */
  readonly cookie: Uint8Array | undefined;
  /** Half-open attempts at the moment. */
  readonly halfOpen: number;
}

/** Why the gate turned a hello away. */
export type GateDropReason = 'bad-cookie' | 'prefix-rate' | 'answer-rate' | 'retry-rate';

/** What to do with a hello. */
export type GateDecision =
  | { readonly type: 'respond' }
  /** Answer with an envelope of kind 4 that holds `flight`, and keep nothing. */
  | { readonly type: 'retry'; readonly flight: Uint8Array }
  | { readonly type: 'drop'; readonly reason: GateDropReason };

const RESPOND: GateDecision = { type: 'respond' };
const BAD_COOKIE: GateDecision = { type: 'drop', reason: 'bad-cookie' };
const PREFIX_RATE: GateDecision = { type: 'drop', reason: 'prefix-rate' };
const ANSWER_RATE: GateDecision = { type: 'drop', reason: 'answer-rate' };
const RETRY_RATE: GateDecision = { type: 'drop', reason: 'retry-rate' };

/**
 * Decides at the door of a server, before anything dear is computed, whether a hello is answered,
 * sent back for a cookie, or dropped (SPEC 4.4).
 */
export class HelloGate {
  readonly #jar: CookieJar;
  readonly #limiter = new PrefixLimiter();
  readonly #answers = new TokenBucket(ANSWERS_PER_SECOND, ANSWER_BURST);
  readonly #retries = new TokenBucket(RETRIES_PER_SECOND, RETRY_BURST);
  #second = 0;
  #helloCount = 0;
  #previousCount = 0;

  constructor(crypto: CryptoProvider, now: number) {
    this.#jar = new CookieJar(crypto, now);
  }

  /**
   * Whether hellos without a cookie are to be dropped unseen, because all cookies of the moment are
   * handed out. Those are counted here, and not passed to {@link decide}.
   */
  sheds(halfOpen: number, now: number): boolean {
    if (this.#retries.has(now) || !this.#isLoaded(halfOpen, now)) return false;
    this.#count(now);
    return true;
  }

  /** Decides about one hello, and counts it. */
  decide(hello: ArrivedHello, now: number): GateDecision {
    this.#count(now);
    if (!this.#isLoaded(hello.halfOpen, now)) return RESPOND;
    if (hello.cookie === undefined) {
      if (!this.#retries.take(now)) return RETRY_RATE;
      return { type: 'retry', flight: encodeRetryFlight(this.#jar.make(hello, now)) };
    }
    if (!this.#jar.check(hello.cookie, hello, now)) return BAD_COOKIE;
    const standing = this.#limiter.take(hello.address, now);
    if (standing === 'over') return PREFIX_RATE;
    const kept = standing === 'new' ? 0 : KEPT_FOR_NEWCOMERS;
    return this.#answers.take(now, kept) ? RESPOND : ANSWER_RATE;
  }

  /** Hellos in the last second, estimated from the current second and the one before. */
  hellosPerSecond(now: number): number {
    this.#advance(now);
    const passed = now / 1000 - this.#second;
    return this.#helloCount + this.#previousCount * (1 - passed);
  }

  #isLoaded(halfOpen: number, now: number): boolean {
    return halfOpen >= COOKIE_HALF_OPEN || this.hellosPerSecond(now) > COOKIE_HELLOS_PER_SECOND;
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
