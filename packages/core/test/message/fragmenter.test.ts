import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fragment } from '../../src/message/fragment.js';
import { Fragmenter } from '../../src/message/fragmenter.js';
import { fromHex, toHex } from '../wire/hex.js';
import { bytes } from './support.js';

describe('a fragment', () => {
  it('has the bytes of the Rust crate', () => {
    const fragment = new Fragment(5, 1, 3, Uint8Array.of(1, 2, 3));
    expect(toHex(fragment.serialize())).toBe('0500000000000000010003000300000000000000010203');
  });

  it('comes back as it was written', () => {
    const anyFragment = fc.record({
      id: fc.maxSafeNat(),
      total: fc.integer({ min: 1, max: 65_535 }),
      part: fc.double({ min: 0, max: 0.999, noNaN: true }),
      data: fc.uint8Array({ maxLength: 100 }),
    });
    fc.assert(
      fc.property(anyFragment, ({ id, total, part, data }) => {
        const fragment = new Fragment(id, Math.floor(part * total), total, data);
        expect(Fragment.deserialize(fragment.serialize())).toEqual(fragment);
      }),
    );
  });

  it.each([
    ['bytes missing', '05000000000000000100030003000000000000000102'],
    ['bytes behind', '050000000000000001000300030000000000000001020304'],
    ['an index beyond the total', '0500000000000000030003000300000000000000010203'],
    ['no total', '0500000000000000000000000300000000000000010203'],
    ['an id of 2^53', '0000000000002000010003000300000000000000010203'],
    ['a length of 2^32', '0500000000000000010003000000000001000000'],
    ['nothing in it', ''],
  ])('with %s is refused', (_, hex) => {
    expect(Fragment.deserialize(fromHex(hex))).toBeUndefined();
  });

  it('of any bytes is read without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (data) => {
        const fragment = Fragment.deserialize(data);
        if (fragment !== undefined) expect(fragment.serialize()).toEqual(data);
      }),
    );
  });

  it('cannot be made with a number out of range', () => {
    for (const [id, index, total] of [
      [-1, 0, 1],
      [2 ** 53, 0, 1],
      [0, 1, 1],
      [0, -1, 1],
      [0, 0.5, 2],
      [0, 0, 0],
      [0, 0, 65_536],
      [0, 0, Number.NaN],
    ] as const) {
      expect(() => new Fragment(id, index, total, bytes(1))).toThrow(
        expect.objectContaining({ code: 'InvalidPacket' }),
      );
    }
  });

  it('knows whether it is the last and whether it is the only one', () => {
    expect(new Fragment(0, 0, 1, bytes(1)).isSingle()).toBe(true);
    expect(new Fragment(0, 0, 1, bytes(1)).isLast()).toBe(true);
    expect(new Fragment(0, 0, 2, bytes(1)).isLast()).toBe(false);
    expect(new Fragment(0, 1, 2, bytes(1)).isLast()).toBe(true);
    expect(new Fragment(0, 1, 2, bytes(1)).isSingle()).toBe(false);
  });
});

describe('the fragmenter', () => {
  it('cuts a message into pieces of one size and a rest', () => {
    const fragments = Fragmenter.split(bytes(10), 4, 77);
    expect(fragments.map(({ data }) => data.length)).toEqual([4, 4, 2]);
    expect(fragments.map(({ fragmentIndex }) => fragmentIndex)).toEqual([0, 1, 2]);
    expect(fragments.every((one) => one.fragmentId === 77 && one.totalFragments === 3)).toBe(true);
  });

  it('loses and adds no byte', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 300 }),
        fc.integer({ min: 1, max: 320 }),
        (data, size) => {
          const fragments = Fragmenter.split(data, size, 0);
          expect(fragments.flatMap((fragment) => [...fragment.data])).toEqual([...data]);
          expect(fragments.length > 1).toBe(Fragmenter.needsSplit(data, size));
        },
      ),
    );
  });

  it('makes one empty fragment of an empty message', () => {
    const [only, ...more] = Fragmenter.split(new Uint8Array(), 10, 0);
    expect(more).toEqual([]);
    expect([only?.isSingle(), only?.data.length]).toEqual([true, 0]);
  });

  it('refuses a message of more than 65,535 fragments instead of counting wrong', () => {
    expect(Fragmenter.split(new Uint8Array(65_535), 1, 0)).toHaveLength(65_535);
    for (const length of [65_536, 65_537]) {
      expect(() => Fragmenter.split(new Uint8Array(length), 1, 0)).toThrow(
        expect.objectContaining({ code: 'MessageTooBig' }),
      );
    }
  });

  it('refuses a size or an id that makes no sense', () => {
    const invalid = expect.objectContaining({ code: 'InvalidConfig' });
    for (const size of [0, -1, 1.5, Number.NaN, 65_001]) {
      expect(() => Fragmenter.split(bytes(1), size, 0)).toThrow(invalid);
      expect(() => Fragmenter.needsSplit(bytes(1), size)).toThrow(invalid);
    }
    for (const id of [-1, 0.5, 2 ** 53]) {
      expect(() => Fragmenter.split(bytes(1), 10, id)).toThrow(invalid);
    }
  });
});
