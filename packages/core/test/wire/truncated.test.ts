import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nearestNumber } from '../../src/wire/truncated.js';

describe('nearestNumber', () => {
  it('recovers any number that is less than 32,768 away', () => {
    fc.assert(
      fc.property(fc.nat(2 ** 31), fc.integer({ min: -32_767, max: 32_767 }), (base, away) => {
        const n = Math.max(0, base + away);
        expect(nearestNumber(base, n % 65_536)).toBe(n);
      }),
    );
  });

  it('recovers what the windows of both lanes allow, at any height', () => {
    const bases = fc.integer({ min: 0, max: 2 ** 52 });
    fc.assert(
      fc.property(bases, fc.integer({ min: -8192, max: 16_383 }), (base, away) => {
        const n = Math.max(0, base + away);
        expect(nearestNumber(base, n % 65_536)).toBe(n);
      }),
    );
  });

  it('is the nearest of all numbers with these bits, the higher one of two, never negative', () => {
    fc.assert(
      fc.property(fc.nat(200_000), fc.nat(65_535), (base, low16) => {
        let best = low16;
        for (let n = low16; n < 400_000; n += 65_536) {
          if (Math.abs(n - base) <= Math.abs(best - base)) best = n;
        }
        expect(nearestNumber(base, low16)).toBe(best);
      }),
    );
  });
});
