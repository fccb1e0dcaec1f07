import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader } from '../../src/wire/reader.js';
import { Writer } from '../../src/wire/writer.js';
import { fromHex, toHex } from './hex.js';

describe('Reader', () => {
  it('reads big-endian numbers one after the other', () => {
    const r = reading('01 0203 04050607 0001020304050607 ff');
    expect([r.u8(), r.u16(), r.u32(), r.u64()]).toEqual([1, 0x0203, 0x04050607, 0x01020304050607]);
    expect(r.remaining).toBe(1);
    expect(r.done).toBe(false);
    expect(r.u8()).toBe(255);
    expect(r.done).toBe(true);
  });

  it('keeps the top bit of a u32 positive', () => {
    expect(reading('ffffffff').u32()).toBe(2 ** 32 - 1);
  });

  it('accepts numbers up to 2^53 - 1 and fails above', () => {
    expect(reading('001fffffffffffff').u64()).toBe(Number.MAX_SAFE_INTEGER);
    const r = reading('0020000000000000 01');
    expect(r.u64()).toBe(0);
    expect(r.failed).toBe(true);
  });

  it.each([
    ['u8', ''],
    ['u16', '01'],
    ['u32', '010203'],
    ['u64', '01020304050607'],
    ['varint', ''],
    ['varint', '40'],
    ['varint', '800000'],
    ['varint', 'c0000000000000'],
  ] as const)('fails on a %s cut short: %s', (method, hex) => {
    const r = reading(hex);
    expect(r[method]()).toBe(0);
    expect(r.failed).toBe(true);
    expect(r.remaining).toBe(0);
  });

  it('stays failed, empty and silent after an overrun', () => {
    const r = reading('0102');
    r.u32();
    expect([r.u8(), r.varint(), r.bytes(1).length, r.varbytes(9).length]).toEqual([0, 0, 0, 0]);
    r.skip(1);
    expect(r.failed).toBe(true);
    expect(r.done).toBe(false);
    expect(r.reset(fromHex('05'), 0, 1).u8()).toBe(5);
    expect(r.failed).toBe(false);
  });

  it('gives views, not copies', () => {
    const bytes = fromHex('000102030405');
    const r = new Reader().reset(bytes, 1, 6);
    const view = r.bytes(2);
    expect(view.buffer).toBe(bytes.buffer);
    bytes[1] = 0xaa;
    expect(toHex(view)).toBe('aa02');
    r.skip(1);
    expect(r.pos).toBe(4);
  });

  it('never leaves the range it was given', () => {
    const r = new Reader().reset(fromHex('0102030405'), 1, 3);
    expect(toHex(r.bytes(2))).toBe('0203');
    expect(r.u8()).toBe(0);
    expect(r.failed).toBe(true);
  });

  it.each([
    [-5, 99, 3],
    [2, 1, 0],
    [9, 99, 0],
  ])('cuts the bounds %i..%i to the array', (start, end, remaining) => {
    expect(new Reader().reset(fromHex('010203'), start, end).remaining).toBe(remaining);
  });

  it('refuses length-prefixed bytes that are more than allowed or than there are', () => {
    expect(toHex(reading('02aabbcc').varbytes(2))).toBe('aabb');
    const tooMany = reading('03aabbcc');
    expect(tooMany.varbytes(2).length).toBe(0);
    expect(tooMany.failed).toBe(true);
    const tooFew = reading('03aabb');
    expect(tooFew.varbytes(9).length).toBe(0);
    expect(tooFew.failed).toBe(true);
  });

  it('refuses a negative or fractional amount', () => {
    for (const n of [-1, Number.NaN]) {
      const r = reading('0102');
      expect(r.bytes(n).length).toBe(0);
      expect(r.failed).toBe(true);
    }
  });

  it('neither throws nor passes its end, whatever is read', () => {
    const verbs = ['u8', 'u16', 'u32', 'u64', 'varint'] as const;
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 64 }),
        fc.array(fc.oneof(fc.constantFrom(...verbs), fc.nat(40))),
        (bytes, steps) => {
          const r = new Reader().reset(bytes, 0, bytes.length);
          for (const step of steps) {
            const value = typeof step === 'number' ? r.bytes(step).length : r[step]();
            expect(Number.isSafeInteger(value)).toBe(true);
            expect(r.pos).toBeLessThanOrEqual(bytes.length);
          }
        },
      ),
    );
  });

  it('reads back every number in its shortest varint', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (value) => {
        const bytes = new Uint8Array(16);
        const w = new Writer().reset(bytes, 0, 16);
        w.varint(value);
        w.u64(value);
        const r = new Reader().reset(bytes, 0, w.pos);
        expect([r.varint(), r.u64(), r.done]).toEqual([value, value, true]);
      }),
    );
  });
});

function reading(hex: string): Reader {
  const bytes = fromHex(hex.replaceAll(' ', ''));
  return new Reader().reset(bytes, 0, bytes.length);
}
