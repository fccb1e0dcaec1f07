import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { varintLength, Writer } from '../../src/wire/writer.js';
import { fromHex, toHex } from './hex.js';

describe('Writer', () => {
  it('writes big-endian numbers one after the other', () => {
    const bytes = new Uint8Array(16);
    const w = new Writer().reset(bytes, 0, 16);
    w.u8(1);
    w.u16(0x0203);
    w.u32(0xf4050607);
    w.u64(0x01020304050607);
    expect(toHex(bytes)).toBe('010203f4050607000102030405060700');
    expect(w.remaining).toBe(1);
  });

  it('writes only into the range it was given', () => {
    const bytes = new Uint8Array(6).fill(0xee);
    const w = new Writer().reset(bytes, 1, 4);
    w.zeros(1);
    w.bytes(fromHex('0a0b'));
    expect(toHex(bytes)).toBe('ee000a0beeee');
    expect(() => w.u8(1)).toThrow(RangeError);
    expect(toHex(bytes)).toBe('ee000a0beeee');
  });

  it.each<[string, (w: Writer) => void]>([
    ['u8', (w) => w.u8(0)],
    ['u16', (w) => w.u16(0)],
    ['u32', (w) => w.u32(0)],
    ['u64', (w) => w.u64(0)],
    ['varint', (w) => w.varint(0)],
    ['bytes', (w) => w.bytes(new Uint8Array(1))],
    ['slice', (w) => w.slice(new Uint8Array(5), 2, 3)],
    ['zeros', (w) => w.zeros(1)],
  ])('throws when %s finds no room', (_, write) => {
    const w = new Writer().reset(new Uint8Array(4), 4, 4);
    expect(() => write(w)).toThrow(RangeError);
    expect(w.pos).toBe(4);
  });

  it.each<[string, (w: Writer) => void]>([
    ['a u8 of 256', (w) => w.u8(256)],
    ['a u16 of 65536', (w) => w.u16(65_536)],
    ['a u32 of 2^32', (w) => w.u32(2 ** 32)],
    ['a u64 of 2^53', (w) => w.u64(2 ** 53)],
    ['a varint of 2^53', (w) => w.varint(2 ** 53)],
    ['a negative varint', (w) => w.varint(-1)],
    ['a varint that is no number', (w) => w.varint(Number.NaN)],
    ['a slice beyond its array', (w) => w.slice(new Uint8Array(3), 1, 4)],
    ['a slice that runs backwards', (w) => w.slice(new Uint8Array(3), 2, 1)],
    ['a negative number of zeros', (w) => w.zeros(-1)],
  ])('throws on %s', (_, write) => {
    const w = new Writer().reset(new Uint8Array(16), 0, 16);
    expect(() => write(w)).toThrow(RangeError);
    expect(w.pos).toBe(0);
  });

  it.each([
    [-1, 4],
    [3, 2],
    [0, 5],
  ])('refuses the bounds %i..%i of an array of 4', (start, end) => {
    expect(() => new Writer().reset(new Uint8Array(4), start, end)).toThrow(RangeError);
  });

  it('copies slices of any length alike', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(200), fc.nat(200), (source, a, b) => {
        const from = Math.min(a, b, source.length);
        const to = Math.min(Math.max(a, b), source.length);
        const bytes = new Uint8Array(256);
        const w = new Writer().reset(bytes, 3, 256);
        w.slice(source, from, to);
        expect(toHex(bytes.subarray(3, w.pos))).toBe(toHex(source.slice(from, to)));
        expect(bytes.subarray(w.pos).every((byte) => byte === 0)).toBe(true);
      }),
    );
  });

  it('writes varints in the length that varintLength says', () => {
    const edges = [0, 63, 64, 16_383, 16_384, 2 ** 30 - 1, 2 ** 30, Number.MAX_SAFE_INTEGER];
    expect(edges.map(varintLength)).toEqual([1, 1, 2, 2, 4, 4, 8, 8]);
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...edges), fc.maxSafeNat()), (value) => {
        const w = new Writer().reset(new Uint8Array(8), 0, 8);
        w.varint(value);
        expect(w.pos).toBe(varintLength(value));
      }),
    );
  });
});
