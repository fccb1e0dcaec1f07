import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  concat,
  fromHex,
  hex,
  readU32le,
  u16be,
  u32be,
  u64be,
  utf8,
  wipe,
  writeU32le,
  writeU64le,
} from '../../src/crypto/bytes.js';

describe('text', () => {
  test('utf8 encodes beyond ASCII', () => {
    expect(utf8('vé€')).toEqual(Uint8Array.of(0x76, 0xc3, 0xa9, 0xe2, 0x82, 0xac));
  });

  test('hex and fromHex are inverse, in either case', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(fromHex(hex(bytes))).toEqual(bytes);
        expect(fromHex(hex(bytes).toUpperCase())).toEqual(bytes);
      }),
    );
  });

  test.each(['a', 'zz', '0x00', ' 00', '00 '])('fromHex refuses %j', (text) => {
    expect(() => fromHex(text)).toThrow(expect.objectContaining({ code: 'SerializationError' }));
  });
});

describe('integers', () => {
  const u32 = fc.nat({ max: 0xffff_ffff });
  const u53 = fc.maxSafeNat();

  test('are written big endian', () => {
    expect(u16be(0x0102)).toEqual(Uint8Array.of(1, 2));
    expect(u32be(0x8000_0001)).toEqual(Uint8Array.of(0x80, 0, 0, 1));
    expect(u64be(2 ** 53 - 1)).toEqual(Uint8Array.of(0, 0x1f, 255, 255, 255, 255, 255, 255));
  });

  test('are written as DataView writes them', () => {
    fc.assert(
      fc.property(u32, u53, (small, large) => {
        const view = new DataView(new ArrayBuffer(24));
        view.setUint32(0, small);
        view.setBigUint64(4, BigInt(large));
        view.setUint32(12, small, true);
        view.setBigUint64(16, BigInt(large), true);
        const little = new Uint8Array(12);
        writeU32le(little, 0, small);
        writeU64le(little, 4, large);
        expect(concat(u32be(small), u64be(large), little)).toEqual(new Uint8Array(view.buffer));
        expect(readU32le(little, 0)).toBe(small);
      }),
    );
  });
});

test('concat copies', () => {
  const part = Uint8Array.of(1, 2);
  const joined = concat(part, new Uint8Array(0), part);
  part.fill(9);
  expect(joined).toEqual(Uint8Array.of(1, 2, 1, 2));
});

test('wipe leaves zeros', () => {
  const secret = Uint8Array.of(1, 2, 3);
  wipe(secret);
  expect(secret).toEqual(new Uint8Array(3));
});
