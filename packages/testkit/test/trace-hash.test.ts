import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TraceHash } from '../src/trace-hash.js';

type Item = number | string | Uint8Array;

function digest(items: readonly Item[]): string {
  const hash = new TraceHash();
  for (const item of items) {
    if (typeof item === 'number') hash.addNumber(item);
    else if (typeof item === 'string') hash.addText(item);
    else hash.addBytes(item);
  }
  return hash.digest();
}

describe('TraceHash', () => {
  it('is 16 hexadecimal digits, the same for the same items', () => {
    const items: Item[] = [1.5, 'a', new Uint8Array([1, 2])];
    expect(digest(items)).toMatch(/^[0-9a-f]{16}$/);
    expect(digest(items)).toBe(digest(items));
  });

  it('tells items, their order and their borders apart', () => {
    const digests = [
      digest([]),
      digest([0]),
      digest([1, 2]),
      digest([2, 1]),
      digest(['ab', 'c']),
      digest(['a', 'bc']),
      digest([new Uint8Array([1]), new Uint8Array([])]),
      digest([new Uint8Array([]), new Uint8Array([1])]),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('changes with any single bit', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.nat(), (bytes, drawn) => {
        const bit = drawn % (bytes.length * 8);
        const changed = bytes.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        expect(digest([changed])).not.toBe(digest([bytes]));
      }),
    );
  });
});
