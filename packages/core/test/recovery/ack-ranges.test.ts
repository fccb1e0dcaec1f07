import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckRanges } from '../../src/recovery/ack-ranges.js';

function contents(ranges: AckRanges): string {
  const out: string[] = [];
  for (let index = 0; index < ranges.count; index++) {
    out.push(`${ranges.start(index)}-${ranges.end(index)}`);
  }
  return out.join(' ');
}

function filled(numbers: readonly number[]): AckRanges {
  const ranges = new AckRanges();
  for (const number of numbers) ranges.add(number);
  return ranges;
}

describe('AckRanges', () => {
  it('keeps undisturbed traffic in one range', () => {
    const ranges = new AckRanges();
    expect(ranges.largest).toBe(-1);
    for (let number = 0; number < 10_000; number++) expect(ranges.add(number)).toBe(true);
    expect(contents(ranges)).toBe('0-9999');
    expect(ranges.largest).toBe(9_999);
  });

  it('lists the highest range first', () => {
    expect(contents(filled([0, 1, 5, 9, 8]))).toBe('8-9 5-5 0-1');
  });

  it('joins two ranges when the number between them arrives', () => {
    expect(contents(filled([0, 1, 3, 4, 2]))).toBe('0-4');
  });

  it('grows a range downwards', () => {
    expect(contents(filled([5, 4, 9]))).toBe('9-9 4-5');
  });

  it('says when a number is there already', () => {
    const ranges = filled([3, 4, 8]);
    expect(ranges.add(3)).toBe(false);
    expect(ranges.add(4)).toBe(false);
    expect(ranges.add(8)).toBe(false);
    expect(contents(ranges)).toBe('8-8 3-4');
  });

  it('never keeps more than 64 ranges and forgets the lowest', () => {
    const ranges = new AckRanges();
    for (let number = 0; number <= 200; number += 2) ranges.add(number);
    expect(ranges.count).toBe(64);
    expect(ranges.largest).toBe(200);
    expect(ranges.start(63)).toBe(200 - 63 * 2);
  });

  it('does not give up a higher range for a lower number', () => {
    const ranges = new AckRanges();
    for (let number = 1_000; number < 1_000 + 128; number += 2) ranges.add(number);
    expect(ranges.add(3)).toBe(true);
    expect(ranges.count).toBe(64);
    expect(ranges.contains(3)).toBe(false);
    expect(ranges.start(63)).toBe(1_000);
  });

  it('drops what the peer knows of, cutting a range in two', () => {
    const ranges = filled([0, 1, 2, 5, 6, 7, 9]);
    ranges.dropBelow(6);
    expect(contents(ranges)).toBe('9-9 6-7');
    ranges.dropBelow(100);
    expect(ranges.count).toBe(0);
  });

  it('starts again after clear', () => {
    const ranges = filled([1, 2]);
    ranges.clear();
    expect(ranges.largest).toBe(-1);
    expect(ranges.add(2)).toBe(true);
  });

  it('agrees with a set of numbers, in any order of arrival', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(90), { maxLength: 200 }), (numbers) => {
        const ranges = new AckRanges();
        const seen = new Set<number>();
        for (const number of numbers) {
          expect(ranges.add(number)).toBe(!seen.has(number));
          seen.add(number);
        }
        for (let number = 0; number <= 91; number++) {
          expect(ranges.contains(number)).toBe(seen.has(number));
        }
        for (let index = 1; index < ranges.count; index++) {
          expect(ranges.end(index)).toBeLessThan(ranges.start(index - 1) - 1);
        }
      }),
    );
  });
});
