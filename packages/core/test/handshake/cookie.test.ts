import { describe, expect, it } from 'vitest';
import { COOKIE_BYTES, CookieJar, type CookieSource } from '../../src/handshake/cookie.js';
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
    const keysUsed = new Set<string>();
    const recording = {
      ...crypto,
      hmacSha256(key: Uint8Array, data: Uint8Array): Uint8Array {
        keysUsed.add(key.join());
        return crypto.hmacSha256(key, data);
      },
    };
    const jar = new CookieJar(recording, 0);
    jar.make(source, 0);
    const [first] = keysUsed;
    jar.make(source, 120_000);
    jar.make(source, 240_000);
    keysUsed.clear();
    jar.check(new Uint8Array(COOKIE_BYTES), source, 240_000);
    expect(keysUsed.size).toBe(2);
    expect(keysUsed.has(first ?? '')).toBe(false);
  });

  it('is not the old one after a long silence', () => {
    const jar = new CookieJar(provider(), 0);
    const old = jar.make(source, 0);
    expect(jar.check(old, source, 1_000_000_000)).toBe(false);
  });
});
