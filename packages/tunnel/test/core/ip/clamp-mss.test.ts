import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  completeChecksum,
  pseudoHeaderSum,
  verifyChecksum,
} from '../../../src/core/ip/checksum.js';
import { clampMss } from '../../../src/core/ip/clamp-mss.js';
import { setU16, u16 } from '../../../src/core/ip/packet-fields.js';
import { fromHex, surrounded, toHex, vectorNamed, vectors } from './vectors.js';

/** A SYN over IPv4 with these TCP options, whose checksum is right. */
function synWith(options: readonly number[]): Uint8Array {
  const padded = [...options, ...new Array<number>(3).fill(0)];
  padded.length -= padded.length % 4;
  const bytes = new Uint8Array(40 + padded.length);
  bytes.set(vectorNamed('a SYN over IPv4'));
  bytes.set(padded, 40);
  setU16(bytes, 2, bytes.length);
  bytes[32] = (20 + padded.length) << 2;
  setU16(bytes, 36, pseudoHeaderSum(bytes, 0, 6, bytes.length - 20));
  completeChecksum(bytes, 0, bytes.length);
  return bytes;
}

describe('clampMss', () => {
  for (const { name, limit, before, after } of vectors.clamped) {
    it(`makes of a SYN what another program makes with that MSS: ${name}`, () => {
      const { all, start, end } = surrounded(fromHex(before));
      expect(clampMss(all, start, end, limit, limit, false)).toBe(true);
      expect(toHex(all.subarray(start, end))).toBe(after);
    });

    it(`leaves the same SYN alone when it fits: ${name}`, () => {
      const bytes = fromHex(before);
      expect(clampMss(bytes, 0, bytes.length, 1_460, 1_460, false)).toBe(false);
      expect(toHex(bytes)).toBe(before);
    });

    it(`leaves a partial checksum for who completes it: ${name}`, () => {
      const bytes = fromHex(before);
      const tcp = bytes[0]! >> 4 === 4 ? 20 : 40;
      setU16(bytes, tcp + 16, pseudoHeaderSum(bytes, 0, 6, bytes.length - tcp));
      expect(clampMss(bytes, 0, bytes.length, limit, limit, true)).toBe(true);
      expect(completeChecksum(bytes, 0, bytes.length)).toBe(true);
      expect(toHex(bytes)).toBe(after);
    });
  }

  it('finds TCP behind extension headers', () => {
    const syn = fromHex(vectors.clamped.find(({ name }) => name.startsWith('IPv6'))?.before ?? '');
    const bytes = new Uint8Array(syn.length + 8);
    bytes.set(syn.subarray(0, 40));
    bytes.set([6, 0, 1, 4, 0, 0, 0, 0], 40);
    bytes.set(syn.subarray(40), 48);
    bytes[6] = 60;
    setU16(bytes, 4, bytes.length - 40);
    expect(clampMss(bytes, 0, bytes.length, 1_300, 1_300, false)).toBe(true);
    expect(u16(bytes, 70)).toBe(1_300);
    expect(verifyChecksum(bytes, 0, bytes.length)).toBe(true);
  });

  it('touches nothing but SYNs with the option', () => {
    const names = ['TCP PA over IPv4', 'a SYN over IPv4', 'UDP over IPv6', 'an echo request'];
    const broken = [[2, 0, 5, 0xb4], [2], [8, 200, 2, 4, 5, 0xb4], [0, 2, 4, 5, 0xb4], [2, 3, 9]];
    const later = synWith([2, 4, 5, 0xb4]);
    later[7] = 1;
    for (const bytes of [...names.map(vectorNamed), ...broken.map(synWith), later]) {
      const before = toHex(bytes);
      expect(clampMss(bytes, 0, bytes.length, 100, 100, false)).toBe(false);
      expect(toHex(bytes)).toBe(before);
    }
  });

  it('keeps every right checksum right, wherever the option stands', () => {
    const option = fc.constantFrom([1], [3, 3, 7], [4, 2], [8, 10, 1, 2, 3, 4, 5, 6, 7, 8]);
    const some = fc.array(option, { maxLength: 3 });
    fc.assert(
      fc.property(some, fc.nat(0xffff), fc.nat(0xffff), (before, mss, limit) => {
        const bytes = synWith([...before.flat(), 2, 4, mss >> 8, mss & 0xff]);
        expect(verifyChecksum(bytes, 0, bytes.length)).toBe(true);
        expect(clampMss(bytes, 0, bytes.length, limit, 0, false)).toBe(mss > limit);
        expect(verifyChecksum(bytes, 0, bytes.length)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('changes no byte outside of the packet, whatever it holds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 80 }), (random) => {
        random[0] = 0x40 | (random[0]! & 15);
        const { all, start, end } = surrounded(random);
        clampMss(all, start, end, 1, 1, false);
        const outside = [...all.subarray(0, start), ...all.subarray(end)];
        expect(outside.every((byte) => byte === 0xa5)).toBe(true);
      }),
    );
  });
});
