import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../src/random.js';
import { NaiveSfc32 } from './support/naive-sfc32.js';

function draw(random: SeededRandom, count: number): number[] {
  return Array.from({ length: count }, () => random.u32());
}

describe('SeededRandom', () => {
  it('gives the pinned sequence, on every platform', () => {
    expect(draw(new SeededRandom(1), 4)).toEqual([
      977_924_363, 1_258_591_824, 372_947_730, 36_866_773,
    ]);
  });

  it('agrees with a plain BigInt version of seeding and generator', () => {
    fc.assert(
      fc.property(fc.oneof(fc.maxSafeInteger(), fc.string()), (seed) => {
        const naive = new NaiveSfc32(String(seed));
        const expected = Array.from({ length: 20 }, () => naive.u32());
        expect(draw(new SeededRandom(seed), 20)).toEqual(expected);
      }),
    );
  });

  it('takes a number and its text for the same seed, and near seeds for different ones', () => {
    expect(draw(new SeededRandom(7), 8)).toEqual(draw(new SeededRandom('7'), 8));
    const firsts = Array.from({ length: 1000 }, (_, seed) => new SeededRandom(seed).u32());
    expect(new Set(firsts).size).toBe(1000);
  });

  it('refuses numeric seeds that are no safe integers', () => {
    for (const seed of [0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(() => new SeededRandom(seed)).toThrow(RangeError);
    }
  });

  it('stays in [0, 1) with the mean and the variance of a uniform distribution', () => {
    const random = new SeededRandom('uniform');
    let outside = 0;
    let sum = 0;
    let squares = 0;
    for (let index = 0; index < 100_000; index++) {
      const value = random.next();
      if (value < 0 || value >= 1) outside++;
      sum += value;
      squares += value * value;
    }
    const mean = sum / 100_000;
    expect(outside).toBe(0);
    expect(mean).toBeCloseTo(0.5, 2);
    expect(squares / 100_000 - mean * mean).toBeCloseTo(1 / 12, 2);
  });

  it('draws every integer below the bound about equally often', () => {
    const random = new SeededRandom('int');
    const seen = new Array<number>(7).fill(0);
    for (let index = 0; index < 70_000; index++) seen[random.int(7)]!++;
    for (const count of seen) expect(Math.abs(count - 10_000)).toBeLessThan(400);
  });

  it('takes bounds from 1 to 2^32 and no others', () => {
    const random = new SeededRandom('bounds');
    expect(random.int(1)).toBe(0);
    expect(random.int(2 ** 32)).toBeGreaterThanOrEqual(0);
    for (const count of [0, -1, 1.5, Number.NaN, 2 ** 32 + 1]) {
      expect(() => random.int(count)).toThrow(RangeError);
    }
  });

  it('keeps both ends of intBetween and the lower end of between', () => {
    const random = new SeededRandom('between');
    const integers = new Set(Array.from({ length: 200 }, () => random.intBetween(-1, 1)));
    expect([...integers].sort((left, right) => left - right)).toEqual([-1, 0, 1]);
    expect(random.between(3, 3)).toBe(3);
    const value = random.between(10, 12);
    expect(value >= 10 && value < 12).toBe(true);
  });

  it('never does what has probability 0 and always what has probability 1', () => {
    const random = new SeededRandom('chance');
    const hits = (probability: number): number =>
      Array.from({ length: 10_000 }, () => random.chance(probability)).filter(Boolean).length;
    expect([hits(0), hits(1)]).toEqual([0, 10_000]);
    expect(Math.abs(hits(0.25) - 2500)).toBeLessThan(200);
  });

  it('picks every element, and refuses an empty list', () => {
    const random = new SeededRandom('pick');
    const picked = new Set(Array.from({ length: 100 }, () => random.pick(['a', 'b', 'c'])));
    expect(picked.size).toBe(3);
    expect(() => random.pick([])).toThrow(RangeError);
  });

  it('fills any length with the bytes of its words, little endian', () => {
    for (const length of [0, 1, 3, 4, 5, 64]) {
      const out = new Uint8Array(length);
      new SeededRandom('bytes').bytes(out);
      const words = new SeededRandom('bytes');
      const expected = new DataView(new ArrayBuffer(68));
      for (let at = 0; at < 68; at += 4) expected.setUint32(at, words.u32(), true);
      expect([...out]).toEqual([...new Uint8Array(expected.buffer, 0, length)]);
    }
  });

  it('forks streams that do not depend on what was drawn from the parent', () => {
    const fresh = new SeededRandom(9);
    const used = new SeededRandom(9);
    draw(used, 100);
    expect(draw(used.fork('a'), 8)).toEqual(draw(fresh.fork('a'), 8));
    expect(draw(fresh.fork('a'), 8)).not.toEqual(draw(fresh.fork('b'), 8));
    expect(draw(fresh.fork('a').fork('b'), 8)).not.toEqual(draw(fresh.fork('b').fork('a'), 8));
    expect(draw(fresh, 8)).toEqual(draw(new SeededRandom(9), 8));
  });
});
