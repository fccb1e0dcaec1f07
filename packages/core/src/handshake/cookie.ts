import { u32be, utf8 } from '../crypto/bytes.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { CookieMac } from './cookie-mac.js';

/** Bytes of a cookie: `time u32 || mac 16` (SPEC 4.4). */
export const COOKIE_BYTES = 20;
/** How long a cookie is good, in milliseconds: longer than the attempt it serves (SPEC 4.4). */
const COOKIE_LIFETIME_MS = 15_000;

const KEY_LIFETIME_MS = 120_000;
const TIME_BYTES = 4;
const PORT_BYTES = 2;
const USUAL_INPUT_BYTES = 48;
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
  #mac: CookieMac;
  #previousMac: CookieMac;
  #keyMadeAt: number;
  /** What the MAC is over: address, port, hash and time. */
  #input: Uint8Array = new Uint8Array(USUAL_INPUT_BYTES);

  constructor(crypto: CryptoProvider, now: number) {
    this.#crypto = crypto;
    this.#mac = new CookieMac(crypto);
    this.#previousMac = new CookieMac(crypto);
    this.#keyMadeAt = now;
  }

  /** @returns the cookie for a hello, {@link COOKIE_BYTES} long */
  make(source: CookieSource, now: number): Uint8Array {
    this.#rotate(now);
    const cookie = new Uint8Array(COOKIE_BYTES);
    const time = u32be(seconds(now));
    cookie.set(time);
    cookie.set(this.#mac.of(this.#prepare(source, time)).subarray(0, MAC_BYTES), TIME_BYTES);
    return cookie;
  }

  /** Whether `cookie` was made here, not long ago, for this very hello from this very source. */
  check(cookie: Uint8Array, source: CookieSource, now: number): boolean {
    this.#rotate(now);
    if (cookie.length !== COOKIE_BYTES) return false;
    const time = cookie.subarray(0, TIME_BYTES);
    const mac = cookie.subarray(TIME_BYTES);
    const input = this.#prepare(source, time);
    // Both keys are always tried, so that the time taken does not tell which one fits.
    const isCurrent = this.#crypto.equal(mac, this.#mac.of(input).subarray(0, MAC_BYTES));
    const isPrevious = this.#crypto.equal(mac, this.#previousMac.of(input).subarray(0, MAC_BYTES));
    return (isCurrent || isPrevious) && ageMs(time, now) <= COOKIE_LIFETIME_MS;
  }

  #rotate(now: number): void {
    const age = now - this.#keyMadeAt;
    if (age < KEY_LIFETIME_MS) return;
    const isRecent = age < 2 * KEY_LIFETIME_MS;
    this.#previousMac = isRecent ? this.#mac : new CookieMac(this.#crypto);
    this.#mac = new CookieMac(this.#crypto);
    this.#keyMadeAt = now;
  }

  /** `address || port u16 || hash || time` in a buffer that the next call writes over. */
  #prepare({ address, port, chHash }: CookieSource, time: Uint8Array): Uint8Array {
    const name = utf8(address);
    const bytes = name.length + PORT_BYTES + chHash.length + TIME_BYTES;
    if (this.#input.length !== bytes) this.#input = new Uint8Array(bytes);
    const input = this.#input;
    input.set(name);
    input[name.length] = port >> 8;
    input[name.length + 1] = port;
    input.set(chHash, name.length + PORT_BYTES);
    input.set(time, bytes - TIME_BYTES);
    return input;
  }
}

function seconds(now: number): number {
  return Math.floor(now / 1000) % TWO_POW_32;
}

/** At least the age of a cookie, modulo 2^32 s. */
function ageMs(time: Uint8Array, now: number): number {
  const madeAt = time.reduce((value, byte) => value * 0x100 + byte, 0);
  return ((seconds(now) - madeAt + TWO_POW_32) % TWO_POW_32) * 1000;
}
