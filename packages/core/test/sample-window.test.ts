import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SampleWindow } from '../src/sample-window.js';

it('has no answers without a value', () => {
  const window = new SampleWindow(4);
  expect([window.size, window.values()]).toEqual([0, []]);
  expect([window.latest(), window.average(), window.min(), window.max()]).toEqual(
    Array(4).fill(undefined),
  );
});

it('agrees with the last values of a plain list', () => {
  const samples = fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9 }), samples, (capacity, all) => {
      const window = new SampleWindow(capacity);
      for (const sample of all) window.add(sample);
      const last = all.slice(-capacity);
      expect(window.values()).toEqual(last);
      expect(window.size).toBe(last.length);
      expect(window.latest()).toBe(last.at(-1));
      expect(window.min()).toBe(Math.min(...last));
      expect(window.max()).toBe(Math.max(...last));
      const mean = last.reduce((sum, sample) => sum + sample, 0) / last.length;
      expect(window.average()).toBeCloseTo(mean, 3);
    }),
  );
});

it.each([Number.NaN, -1, Number.POSITIVE_INFINITY])('ignores %s', (sample) => {
  const window = new SampleWindow(2);
  window.add(5);
  window.add(sample);
  expect(window.values()).toEqual([5]);
});

it('starts over after clear', () => {
  const window = new SampleWindow(2);
  for (const sample of [1, 2, 3]) window.add(sample);
  window.clear();
  expect(window.latest()).toBeUndefined();
  window.add(9);
  expect(window.values()).toEqual([9]);
});
