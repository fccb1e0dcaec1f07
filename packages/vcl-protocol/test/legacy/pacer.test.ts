import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LegacyPacer } from '../../src/legacy/pacer.js';

function takeAll(pacer: LegacyPacer, now: number): number {
  let taken = 0;
  while (pacer.take(now)) taken++;
  return taken;
}

test('a burst leaves at once, the rest at the rate', () => {
  const pacer = new LegacyPacer(2_000, 0);
  expect(takeAll(pacer, 0)).toBe(32);
  expect(pacer.nextAt()).toBe(0.5);
  expect(takeAll(pacer, 0.5)).toBe(1);
  expect(takeAll(pacer, 5.5)).toBe(10);
});

test('silence saves up no more than a burst', () => {
  const pacer = new LegacyPacer(1_000, 0);
  takeAll(pacer, 0);
  expect(takeAll(pacer, 60_000)).toBe(32);
});

test('a right that is given back is there again', () => {
  const pacer = new LegacyPacer(1, 0);
  takeAll(pacer, 0);
  pacer.giveBack();
  expect(pacer.nextAt()).toBe(0);
  expect(takeAll(pacer, 0)).toBe(1);
});

test('over any time no more than rate and burst leave', () => {
  const steps = fc.array(fc.double({ min: 0, max: 50, noNaN: true }), { maxLength: 40 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), steps, (rate, delays) => {
      const pacer = new LegacyPacer(rate, 0);
      let [now, taken] = [0, takeAll(pacer, 0)];
      for (const delay of delays) {
        now += delay;
        taken += takeAll(pacer, now);
      }
      expect(taken).toBeLessThanOrEqual(32 + (now * rate) / 1_000 + 1e-6);
      expect(pacer.take(pacer.nextAt() + 1e-6)).toBe(true);
    }),
  );
});
