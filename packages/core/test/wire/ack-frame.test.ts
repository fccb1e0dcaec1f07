import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AckBlock, decodeAck, encodeAck, MAX_ACK_RANGES } from '../../src/wire/frames/ack-frame.js';
import { Reader } from '../../src/wire/reader.js';
import { Writer } from '../../src/wire/writer.js';
import { ackFields, ackRanges, ackRangesArbitrary } from './frame-table.js';

describe('encodeAck', () => {
  it('leaves out the lowest ranges to stay within the bytes allowed', () => {
    fc.assert(
      fc.property(ackRangesArbitrary(80), fc.integer({ min: 0, max: 300 }), (list, maxBytes) => {
        const bytes = new Uint8Array(2048);
        const w = new Writer().reset(bytes, 0, bytes.length);
        const wrote = encodeAck(w, 3, ackRanges(list), 0.5, maxBytes);
        expect(w.pos).toBeLessThanOrEqual(maxBytes);
        expect(wrote).toBe(w.pos > 0);
        if (!wrote) return;
        const ranges = rangesOf(bytes.subarray(0, w.pos));
        expect(ranges).toEqual(list.slice(0, ranges.length));
      }),
    );
  });

  it('names as many ranges as fit: with the bytes of one more it names one more', () => {
    const list = descending(10);
    const sizes = list.map((_, index) => sizeOf(list.slice(0, index + 1)));
    for (const [index, size] of sizes.entries()) {
      expect(rangesWithin(list, size)).toBe(index + 1);
      expect(rangesWithin(list, size - 1)).toBe(index);
    }
  });

  it('names at most 64 ranges, the highest', () => {
    const list = descending(100);
    expect(rangesWithin(list, 2048)).toBe(MAX_ACK_RANGES);
  });

  it('is bound by the room of the writer as well', () => {
    const list = descending(10);
    const w = new Writer().reset(new Uint8Array(12), 0, 12);
    expect(encodeAck(w, 0, ackRanges(list), 0, 999)).toBe(true);
    expect(w.pos).toBeLessThanOrEqual(12);
  });

  it('writes nothing without a range', () => {
    const w = new Writer().reset(new Uint8Array(99), 0, 99);
    expect(encodeAck(w, 0, ackRanges([]), 0, 99)).toBe(false);
    expect(w.pos).toBe(0);
  });

  it.each([
    [25, 25],
    [0.0039, 0],
    [1.0085, 1.008],
    [-3, 0],
  ])('carries a delay of %f ms as %f', (delayMs, expected) => {
    const bytes = new Uint8Array(64);
    const w = new Writer().reset(bytes, 0, 64);
    encodeAck(w, 0, ackRanges([[1, 2]]), delayMs, 64);
    expect(decoded(bytes.subarray(0, w.pos))?.delayMs).toBe(expected);
  });
});

describe('decodeAck', () => {
  it.each<[string, number[]]>([
    ['a first range below 0', [0, 5, 0, 0, 6]],
    ['a gap below 0', [0, 5, 0, 1, 5, 0, 0]],
    ['a later range below 0', [0, 10, 0, 1, 2, 2, 5]],
    ['more than 64 ranges', [0, 1000, 0, 64, 0, ...Array<number>(128).fill(0)]],
    ['a count that is not there', [0, 1000, 0, 3, 0, 0, 0]],
    ['a packet number of 2^48', [0, 2 ** 48, 0, 0, 0]],
    ['a path above 2^32 - 1', [2 ** 32, 5, 0, 0, 0]],
  ])('refuses %s', (_, numbers) => {
    expect(decoded(varints([3, ...numbers]))).toBeUndefined();
  });

  it('accepts 64 ranges down to packet number 0', () => {
    const numbers = [3, 0, 126, 0, 63, 0, ...Array<number>(126).fill(0)];
    const ranges = rangesOf(varints(numbers));
    expect(ranges).toHaveLength(64);
    expect(ranges.at(-1)).toEqual([0, 0]);
  });

  it('gives ordered, disjoint ranges for whatever it accepts', () => {
    const numbers = fc.array(fc.oneof(fc.nat(3), fc.nat(2000)), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(numbers, (fields) => {
        let below = Number.POSITIVE_INFINITY;
        for (const [start, end] of rangesOf(varints([3, ...fields]))) {
          expect(start).toBeGreaterThanOrEqual(0);
          expect(start).toBeLessThanOrEqual(end);
          expect(end).toBeLessThan(below - 1);
          below = start;
        }
      }),
    );
  });
});

function descending(count: number): [number, number][] {
  return Array.from({ length: count }, (_, i) => {
    const start = (count - i) * 300;
    return [start, start + i];
  });
}

function sizeOf(list: [number, number][]): number {
  const w = new Writer().reset(new Uint8Array(2048), 0, 2048);
  encodeAck(w, 0, ackRanges(list), 0, 2048);
  return w.pos;
}

function rangesWithin(list: [number, number][], maxBytes: number): number {
  const bytes = new Uint8Array(2048);
  const w = new Writer().reset(bytes, 0, 2048);
  if (!encodeAck(w, 0, ackRanges(list), 0, maxBytes)) return 0;
  return rangesOf(bytes.subarray(0, w.pos)).length;
}

/** The ranges of the frame, none when it is refused. */
function rangesOf(bytes: Uint8Array): [number, number][] {
  return (decoded(bytes)?.ranges ?? []) as [number, number][];
}

function decoded(bytes: Uint8Array) {
  const r = new Reader().reset(bytes, 0, bytes.length);
  r.u8();
  const block = new AckBlock();
  return decodeAck(r, block) ? ackFields(block) : undefined;
}

function varints(numbers: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(numbers.length * 8);
  const w = new Writer().reset(bytes, 0, bytes.length);
  for (const value of numbers) w.varint(value);
  return bytes.subarray(0, w.pos);
}
