import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RangeSet } from '../../src/recovery/range-set.js';

function contents(set: RangeSet): string {
  const out: string[] = [];
  for (let index = 0; index < set.count; index++) out.push(`${set.start(index)}-${set.end(index)}`);
  return out.join(' ');
}

describe('RangeSet', () => {
  it('starts empty', () => {
    const set = new RangeSet();
    expect(set.isEmpty).toBe(true);
    expect(set.covered).toBe(0);
    expect(set.nextMissing(7)).toBe(7);
    expect(set.nextCovered(7)).toBe(Number.POSITIVE_INFINITY);
  });

  it('joins ranges that touch or overlap', () => {
    const set = new RangeSet();
    expect(set.add(0, 10)).toBe(10);
    expect(set.add(10, 20)).toBe(10);
    expect(set.add(30, 40)).toBe(10);
    expect(set.add(15, 35)).toBe(10);
    expect(contents(set)).toBe('0-40');
    expect(set.covered).toBe(40);
  });

  it('adds nothing for an empty range or one that is there', () => {
    const set = new RangeSet();
    expect(set.add(5, 5)).toBe(0);
    set.add(0, 10);
    expect(set.add(2, 8)).toBe(0);
    expect(contents(set)).toBe('0-10');
  });

  it('splits a range when its middle is removed', () => {
    const set = new RangeSet();
    set.add(0, 100);
    expect(set.remove(20, 30)).toBe(10);
    expect(contents(set)).toBe('0-20 30-100');
    expect(set.covered).toBe(90);
  });

  it('removes across several ranges', () => {
    const set = new RangeSet();
    set.add(0, 10);
    set.add(20, 30);
    set.add(40, 50);
    expect(set.remove(5, 45)).toBe(20);
    expect(contents(set)).toBe('0-5 45-50');
    expect(set.remove(100, 200)).toBe(0);
  });

  it('finds gaps', () => {
    const set = new RangeSet();
    set.add(0, 10);
    set.add(20, 30);
    expect(set.nextMissing(0)).toBe(10);
    expect(set.nextCovered(10)).toBe(20);
    expect(set.nextMissing(20)).toBe(30);
    expect(set.nextCovered(25)).toBe(25);
    expect(set.containsRange(0, 10)).toBe(true);
    expect(set.containsRange(5, 11)).toBe(false);
    expect(set.containsRange(15, 15)).toBe(true);
  });

  it('is empty after clear', () => {
    const set = new RangeSet();
    set.add(1, 2);
    set.clear();
    expect(set.isEmpty).toBe(true);
    expect(set.covered).toBe(0);
  });

  it('agrees with an array of flags under any adds and removes', () => {
    const operation = fc.record({
      add: fc.boolean(),
      start: fc.nat(60),
      length: fc.nat(15),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const set = new RangeSet();
        const flags = new Array<boolean>(80).fill(false);
        for (const { add, start, length } of operations) {
          let changed = 0;
          for (let value = start; value < start + length; value++) {
            if (flags[value] !== add) changed++;
            flags[value] = add;
          }
          const reported = add ? set.add(start, start + length) : set.remove(start, start + length);
          expect(reported).toBe(changed);
        }
        expectSame(set, flags);
      }),
    );
  });
});

function expectSame(set: RangeSet, flags: readonly boolean[]): void {
  expect(set.covered).toBe(flags.filter(Boolean).length);
  for (let value = 0; value < flags.length; value++) {
    expect(set.contains(value)).toBe(flags[value]);
    const missing = flags.indexOf(false, value);
    expect(set.nextMissing(value)).toBe(missing);
    const covered = flags.indexOf(true, value);
    expect(set.nextCovered(value)).toBe(covered < 0 ? Number.POSITIVE_INFINITY : covered);
  }
  for (let index = 1; index < set.count; index++) {
    expect(set.start(index)).toBeGreaterThan(set.end(index - 1));
  }
}
