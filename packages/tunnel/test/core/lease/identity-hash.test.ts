import { describe, expect, it } from 'vitest';
import { hashIdentity } from '../../../src/core/lease/identity-hash.js';
import { leaseIdentity, leaseOwner } from '../../../src/core/lease/lease-identity.js';

describe('the hash of an identity', () => {
  it('stays what it is, because addresses follow from it', () => {
    expect([
      hashIdentity(''),
      hashIdentity('a'),
      hashIdentity('vcl-ed25519:x'),
    ]).toMatchInlineSnapshot(`
      [
        2872998923,
        444641715,
        2725152367,
      ]
    `);
  });

  it('fills a small network evenly', () => {
    const counts = new Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) counts[hashIdentity(`identity ${i}`) % 16]!++;
    expect(Math.min(...counts)).toBeGreaterThan(850);
    expect(Math.max(...counts)).toBeLessThan(1_150);
  });
});

describe('the name of a lease', () => {
  it('is the key for its first session, and another for each further one', () => {
    const key = 'vcl-ed25519:AAAA';
    expect(leaseIdentity(key, 0)).toBe(key);
    expect(new Set([0, 1, 2].map((slot) => leaseIdentity(key, slot))).size).toBe(3);
    for (const slot of [0, 1, 2]) expect(leaseOwner(leaseIdentity(key, slot))).toBe(key);
  });
});
