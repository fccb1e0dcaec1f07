import { concat, u16be, u32be, utf8 } from '../crypto/bytes.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { KEY_BYTES } from './registry.js';

/** Bytes of a cookie: `time u32 || mac 16` (SPEC 4.4). */
export const COOKIE_BYTES = 20;
/** How long a cookie is good, in milliseconds: longer than the attempt it serves (SPEC 4.4). */
const COOKIE_LIFETIME_MS = 15_000;

const KEY_LIFETIME_MS = 120_000;
const TIME_BYTES = 4;
const MAC_BYTES = COOKIE_BYTES - TIME_BYTES;
const TWO_POW_32 = 0x1_0000_0000;

/** What a cookie is bound to. */
export interface CookieSource {
  /** The address a hello came from, as the carrier names it. */
  readonly address: string;
  readonly port: number;
  /** SHA-256 of the whole CH message. */
  readonly chHash: Uint8Array;
}

/**
 * Makes and checks cookies (SPEC 4.4): a proof that a client receives at the address its hello came
 * from, without any memory of that hello.
 */
export class CookieJar {
  readonly #crypto: CryptoProvider;
  #key: Uint8Array;
  #previousKey: Uint8Array;
  #keyMadeAt: number;

  constructor(crypto: CryptoProvider, now: number) {
    this.#crypto = crypto;
    this.#key = drawKey(crypto);
    this.#previousKey = drawKey(crypto);
    this.#keyMadeAt = now;
  }

  /** @returns the cookie for a hello, {@link COOKIE_BYTES} long */
  make(source: CookieSource, now: number): Uint8Array {
    this.#rotate(now);
    const time = u32be(seconds(now));
    return concat(time, this.#mac(this.#key, source, time));
  }

  /** Whether `cookie` was made here, not long ago, for this very hello from this very source. */
  check(cookie: Uint8Array, source: CookieSource, now: number): boolean {
    this.#rotate(now);
    if (cookie.length !== COOKIE_BYTES) return false;
    const time = cookie.subarray(0, TIME_BYTES);
    const mac = cookie.subarray(TIME_BYTES);
    // Both keys are always tried, so that the time taken does not tell which one fits.
    const isCurrent = this.#crypto.equal(mac, this.#mac(this.#key, source, time));
    const isPrevious = this.#crypto.equal(mac, this.#mac(this.#previousKey, source, time));
    return (isCurrent || isPrevious) && ageMs(time, now) <= COOKIE_LIFETIME_MS;
  }

  #rotate(now: number): void {
    const age = now - this.#keyMadeAt;
    if (age < KEY_LIFETIME_MS) return;
    this.#previousKey = age < 2 * KEY_LIFETIME_MS ? this.#key : drawKey(this.#crypto);
    this.#key = drawKey(this.#crypto);
    this.#keyMadeAt = now;
  }

  #mac(key: Uint8Array, { address, port, chHash }: CookieSource, time: Uint8Array): Uint8Array {
    const input = concat(utf8(address), u16be(port), chHash, time);
    return this.#crypto.hmacSha256(key, input).subarray(0, MAC_BYTES);
  }
}

function drawKey(crypto: CryptoProvider): Uint8Array {
  const key = new Uint8Array(KEY_BYTES);
  crypto.randomBytes(key);
  return key;
}

function seconds(now: number): number {
  return Math.floor(now / 1000) % TWO_POW_32;
}

/** At least the age of a cookie, modulo 2^32 s. */
function ageMs(time: Uint8Array, now: number): number {
  const madeAt = time.reduce((value, byte) => value * 0x100 + byte, 0);
  return ((seconds(now) - madeAt + TWO_POW_32) % TWO_POW_32) * 1000;
}
