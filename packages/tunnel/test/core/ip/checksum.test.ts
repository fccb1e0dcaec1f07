import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  checksum,
  completeChecksum,
  pseudoHeaderSum,
  verifyChecksum,
} from '../../../src/core/ip/checksum.js';
import { findTransport, offsetOf, protocolOf } from '../../../src/core/ip/find-transport.js';
import { setU16 } from '../../../src/core/ip/packet-fields.js';
import { fromHex, surrounded, toHex, vectorNamed, vectors } from './vectors.js';

/** RFC 1071 by the letter: 16-bit words one after the other, each carry added at once. */
function naiveChecksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

/** Where TCP and UDP keep their checksum, from the packet's first byte. */
function fieldOf(bytes: Uint8Array): number {
  const found = findTransport(bytes, 0, bytes.length);
  return offsetOf(found) + (protocolOf(found) === 6 ? 16 : 6);
}

/** The packet as a system gives it away whose network card adds checksums. */
function withPartialChecksum(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const found = findTransport(copy, 0, copy.length);
  const length = copy.length - offsetOf(found);
  setU16(copy, fieldOf(copy), pseudoHeaderSum(copy, 0, protocolOf(found), length));
  return copy;
}

const checked = vectors.packets.filter(
  ({ valid, transport }) => valid === true && ['tcp', 'udp'].includes(transport.type),
);

describe('checksum', () => {
  it('is that of RFC 1071 for any bytes at any place', () => {
    const bytes = fc.uint8Array({ maxLength: 2_000, size: 'max' });
    fc.assert(
      fc.property(bytes, fc.nat(3), fc.nat(3), (all, before, after) => {
        const end = Math.max(before, all.length - after);
        expect(checksum(all, before, end)).toBe(naiveChecksum(all.subarray(before, end)));
      }),
      { numRuns: 1_000 },
    );
  });

  it('counts the longest packet of ones', () => {
    for (const length of [511, 512, 513, 65_535]) {
      const ones = new Uint8Array(length).fill(0xff);
      expect(checksum(ones, 0, length)).toBe(naiveChecksum(ones));
    }
  });

  it('goes on from another sum', () => {
    const bytes = fromHex('00010203fffefdfc');
    const first = 0xffff - naiveChecksum(bytes.subarray(0, 4));
    expect(checksum(bytes, 4, 8, first)).toBe(naiveChecksum(bytes));
  });

  it('takes bytes that begin in the middle of their memory', () => {
    const memory = new Uint8Array(1_400).map((_, i) => i * 7);
    const part = memory.subarray(333, 1_399);
    expect(checksum(part, 1, part.length)).toBe(naiveChecksum(memory.subarray(334, 1_399)));
  });
});

describe('completeChecksum', () => {
  for (const { name, hex } of checked) {
    it(`makes the checksum of another program: ${name}`, () => {
      const whole = fromHex(hex);
      const { all, start, end } = surrounded(withPartialChecksum(whole));
      expect(verifyChecksum(all, start, end)).toBe(false);
      expect(completeChecksum(all, start, end)).toBe(true);
      expect(toHex(all.subarray(start, end))).toBe(hex);
      expect([...all.subarray(0, start), ...all.subarray(end)].every((b) => b === 0xa5)).toBe(true);
    });
  }

  it('does so beside the mark in the first byte, which stays', () => {
    const whole = vectorNamed('UDP over IPv6');
    const marked = withPartialChecksum(whole);
    marked[0]! |= 0x80;
    expect(completeChecksum(marked, 0, marked.length)).toBe(true);
    expect(marked[0]).toBe(0xe0);
    expect(marked.subarray(1)).toEqual(whole.subarray(1));
  });

  it('writes 0 in UDP as its other form, since 0 says that there is none', () => {
    const udp = withPartialChecksum(vectorNamed('UDP over IPv4'));
    const payload = 28;
    setU16(udp, payload, 0);
    setU16(udp, payload, checksum(udp, 20, udp.length));
    expect(completeChecksum(udp, 0, udp.length)).toBe(true);
    expect([udp[26], udp[27]]).toEqual([0xff, 0xff]);
    expect(verifyChecksum(udp, 0, udp.length)).toBe(true);
  });

  it('leaves alone what has no such checksum', () => {
    const names = ['an echo request', 'a later fragment of IPv4', 'a first fragment of IPv6'];
    const others = names.map(vectorNamed);
    const short = vectorNamed('a SYN over IPv4').subarray(0, 39);
    for (const bytes of [...others, short, new Uint8Array(3)]) {
      const before = toHex(bytes);
      expect(completeChecksum(bytes, 0, bytes.length)).toBe(false);
      expect(toHex(bytes)).toBe(before);
    }
  });
});

describe('verifyChecksum', () => {
  it('sees every flipped bit of a transport header and its payload', () => {
    for (const name of ['a SYN over IPv4', 'UDP over IPv6', 'an echo request of ICMPv6']) {
      const bytes = vectorNamed(name);
      const from = offsetOf(findTransport(bytes, 0, bytes.length));
      for (let bit = 8 * from; bit < 8 * bytes.length; bit++) {
        const copy = bytes.slice();
        copy[bit >> 3]! ^= 1 << (bit & 7);
        expect(verifyChecksum(copy, 0, copy.length)).toBe(false);
      }
    }
  });

  it('refuses UDP over IPv6 without a checksum, and with a length that is not there', () => {
    const bytes = vectorNamed('UDP over IPv6');
    const none = bytes.slice();
    setU16(none, 46, 0);
    expect(verifyChecksum(none, 0, none.length)).toBe(false);
    const longer = bytes.slice();
    setU16(longer, 44, 42);
    expect(verifyChecksum(longer, 0, longer.length)).toBe(false);
    setU16(longer, 44, 7);
    expect(verifyChecksum(longer, 0, longer.length)).toBe(false);
  });
});
