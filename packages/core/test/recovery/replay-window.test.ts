import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VCLError } from '../../src/errors.js';
import { ReplayWindow } from '../../src/recovery/replay-window.js';

describe('ReplayWindow', () => {
  it('remembers 8,192 numbers by default', () => {
    expect(new ReplayWindow().size).toBe(8_192);
  });

  it('accepts each number once', () => {
    const window = new ReplayWindow(64);
    expect(window.check(0)).toBe(true);
    expect(window.commit(0)).toBe(true);
    expect(window.check(0)).toBe(false);
    expect(window.commit(0)).toBe(false);
  });

  it('is not moved by a check', () => {
    const window = new ReplayWindow(64);
    expect(window.check(1_000_000)).toBe(true);
    expect(window.highest).toBe(-1);
    expect(window.commit(0)).toBe(true);
  });

  it('accepts late numbers inside the window and refuses those below it', () => {
    const window = new ReplayWindow(64);
    window.commit(100);
    expect(window.check(37)).toBe(true);
    expect(window.check(36)).toBe(false);
    expect(window.check(-1)).toBe(false);
    expect(window.commit(37)).toBe(true);
    expect(window.check(37)).toBe(false);
  });

  it('forgets numbers that slid out instead of taking new ones for them', () => {
    const window = new ReplayWindow(64);
    for (let number = 0; number < 64; number++) window.commit(number);
    window.commit(100);
    for (let number = 64; number < 100; number++) expect(window.check(number)).toBe(true);
    for (let number = 37; number < 64; number++) expect(window.check(number)).toBe(false);
  });

  it.each(Array.from({ length: 63 }, (_, index) => index + 1))(
    'refuses exactly what it has seen after a step of %d',
    (step) => {
      const window = new ReplayWindow(64);
      for (let number = 0; number < 64; number++) window.commit(number);
      window.commit(63 + step);
      for (let number = 0; number < 64; number++) expect(window.check(number)).toBe(false);
      for (let number = 64; number < 63 + step; number++) expect(window.check(number)).toBe(true);
    },
  );

  it('takes a jump of any size', () => {
    const window = new ReplayWindow();
    window.commit(5);
    expect(window.commit(2 ** 47)).toBe(true);
    expect(window.check(5)).toBe(false);
    expect(window.check(2 ** 47 - 8_191)).toBe(true);
    expect(window.check(2 ** 47 - 8_192)).toBe(false);
  });

  it('works across 2^32, where bit arithmetic wraps', () => {
    const window = new ReplayWindow(64);
    for (let number = 2 ** 32 - 40; number < 2 ** 32 + 40; number++) {
      expect(window.commit(number)).toBe(true);
    }
    for (let number = 2 ** 32 - 24; number < 2 ** 32 + 40; number++) {
      expect(window.check(number)).toBe(false);
    }
  });

  it('starts again after clear', () => {
    const window = new ReplayWindow(64);
    window.commit(3);
    window.clear();
    expect(window.commit(3)).toBe(true);
  });

  it.each([0, 16, 100, 2 ** 25, Number.NaN])('refuses the size %d', (size) => {
    expect(() => new ReplayWindow(size)).toThrow(VCLError);
  });

  it('agrees with a set of numbers for any order of arrival', () => {
    const jump = fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: -80, max: 40 }) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 500 }) },
    );
    fc.assert(
      fc.property(fc.array(jump, { maxLength: 300 }), (jumps) => {
        const window = new ReplayWindow(64);
        const seen = new Set<number>();
        let highest = -1;
        for (const step of jumps) {
          const number = Math.max(0, highest + step);
          const expected = !seen.has(number) && number > highest - 64;
          expect(window.check(number)).toBe(expected);
          expect(window.commit(number)).toBe(expected);
          if (expected) seen.add(number);
          highest = Math.max(highest, number);
        }
      }),
    );
  });
});
