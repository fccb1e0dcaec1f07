import { describe, expect, it } from 'vitest';
import { COOKIE_BYTES, CookieJar, type CookieSource } from '../../src/handshake/cookie.js';
import { CookieMac } from '../../src/handshake/cookie-mac.js';
import { flipped, provider } from './support.js';

const source: CookieSource = {
  address: '192.0.2.7',
  port: 40_000,
  chHash: new Uint8Array(32).fill(5),
};

describe('a cookie', () => {
  const jar = new CookieJar(provider(), 1000);
  const cookie = jar.make(source, 2000);

  it('is good for the hello and the source it was made for', () => {
    expect(cookie).toHaveLength(COOKIE_BYTES);
    expect(jar.check(cookie, source, 2000)).toBe(true);
    expect(jar.check(cookie, { ...source }, 12_000)).toBe(true);
  });

  it.each<[string, Partial<CookieSource>]>([
    ['another address', { address: '192.0.2.8' }],
    ['an address that runs into the port', { address: '192.0.2.7\u0001' }],
    ['another port', { port: 40_001 }],
    ['another hello', { chHash: new Uint8Array(32).fill(6) }],
  ])('is refused from %s', (_name, change) => {
    expect(jar.check(cookie, { ...source, ...change }, 2000)).toBe(false);
  });

  it('is refused when any of its bits is changed, the time included', () => {
    for (let bit = 0; bit < 8 * cookie.length; bit++) {
      expect(jar.check(flipped(cookie, bit), source, 2000)).toBe(false);
    }
  });

  it('is refused when it is cut, longer or of another server', () => {
    for (const other of [new Uint8Array(), cookie.subarray(1), new Uint8Array(64)]) {
      expect(jar.check(other, source, 2000)).toBe(false);
    }
    expect(new CookieJar(provider(2), 1000).check(cookie, source, 2000)).toBe(false);
  });

  it('expires after 15 s and is refused from the future', () => {
    expect(jar.check(cookie, source, 17_000)).toBe(true);
    expect(jar.check(cookie, source, 18_000)).toBe(false);
    expect(jar.check(cookie, source, 0)).toBe(false);
  });
});

describe('the key of the cookies', () => {
  it('changes every 120 s; a cookie made just before is still good', () => {
    const jar = new CookieJar(provider(), 0);
    const before = jar.make(source, 119_000);
    const after = jar.make(source, 121_000);
    expect(jar.check(before, source, 121_000)).toBe(true);
    expect(after.subarray(4)).not.toEqual(before.subarray(4));
    expect(jar.check(after, source, 122_000)).toBe(true);
  });

  it('is forgotten with the one after it', () => {
    const crypto = provider();
    const padsUsed = new Set<string>();
    const recording = {
      ...crypto,
      sha256(data: Uint8Array): Uint8Array {
        padsUsed.add(data.subarray(0, 64).join());
        return crypto.sha256(data);
      },
    };
    const jar = new CookieJar(recording, 0);
    jar.make(source, 0);
    const firstPads = [...padsUsed];
    expect(firstPads).toHaveLength(2);
    jar.make(source, 120_000);
    jar.make(source, 240_000);
    padsUsed.clear();
    jar.check(new Uint8Array(COOKIE_BYTES), source, 240_000);
    expect(padsUsed.size).toBe(4);
    expect(firstPads.some((pad) => padsUsed.has(pad))).toBe(false);
  });

  it('is not the old one after a long silence', () => {
    const jar = new CookieJar(provider(), 0);
    const old = jar.make(source, 0);
    expect(jar.check(old, source, 1_000_000_000)).toBe(false);
  });
});

describe('the MAC of a cookie', () => {
  it.each([0, 1, 48, 64, 200])('is HMAC-SHA256 of %d bytes', (length) => {
    const crypto = provider(7);
    const key = new Uint8Array(32);
    provider(7).randomBytes(key);
    const mac = new CookieMac(crypto);
    const text = Uint8Array.from({ length }, (_, i) => i);
    mac.of(new Uint8Array(33).fill(9));
    expect(mac.of(text)).toEqual(crypto.hmacSha256(key, text));
  });
});
