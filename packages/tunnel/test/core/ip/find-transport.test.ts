import { describe, expect, it } from 'vitest';
import {
  findTransport,
  isFragment,
  isLaterFragment,
  isSourceRouted,
  offsetOf,
  protocolOf,
} from '../../../src/core/ip/find-transport.js';
import { surrounded, vectorNamed, vectors } from './vectors.js';

/** An IPv6 packet whose next header is `type`, then `rest`. */
function packet6(type: number, rest: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(40 + rest.length);
  bytes[0] = 0x60;
  bytes[5] = rest.length;
  bytes[6] = type;
  bytes.set(rest, 40);
  return bytes;
}

describe('findTransport', () => {
  it('finds the same with and without the mark of a partial checksum', () => {
    for (const { hex } of vectors.packets) {
      const { all, start, end } = surrounded(Uint8Array.from(Buffer.from(hex, 'hex')));
      const found = findTransport(all, start, end);
      expect(found).toBeGreaterThan(0);
      all[start]! |= 0x80;
      expect(findTransport(all, start, end)).toBe(found);
    }
  });

  it('tells pieces from whole packets', () => {
    const facts = (name: string) => {
      const bytes = vectorNamed(name);
      const found = findTransport(bytes, 0, bytes.length);
      return [isFragment(found), isLaterFragment(found), isSourceRouted(found)];
    };
    expect(facts('UDP over IPv4')).toEqual([false, false, false]);
    expect(facts('an atomic fragment')).toEqual([false, false, false]);
    expect(facts('a first fragment of IPv6')).toEqual([true, false, false]);
    expect(facts('a later fragment of IPv6')).toEqual([true, true, false]);
    expect(facts('a later fragment of IPv4')).toEqual([true, true, false]);
    expect(facts('a routing header with an address left')).toEqual([false, false, true]);
    expect(facts('a routing header that is done')).toEqual([false, false, false]);
  });

  it('reads the length of an authentication header in its own units', () => {
    const authentication = [17, 4, ...new Array<number>(22).fill(0)];
    const bytes = packet6(51, [...authentication, ...new Array<number>(8).fill(0)]);
    const found = findTransport(bytes, 0, bytes.length);
    expect([offsetOf(found), protocolOf(found)]).toEqual([64, 17]);
  });

  it('stops at what is encrypted, at the end, and at a header that is not all there', () => {
    const stops: [number, number[], number, number][] = [
      [50, new Array<number>(8).fill(1), 40, 50],
      [59, [], 40, 59],
      [0, [59, 0, 1, 4, 0, 0, 0, 0], 48, 59],
      [0, [17, 1, 1, 4, 0, 0, 0, 0], 40, 0],
      [43, [17, 0, 0, 0, 0, 0, 0], 40, 43],
    ];
    for (const [type, rest, offset, protocol] of stops) {
      const bytes = packet6(type, rest);
      const found = findTransport(bytes, 0, bytes.length);
      expect([offsetOf(found), protocolOf(found)]).toEqual([offset, protocol]);
    }
  });

  it('does not read extension headers in what a later fragment carries', () => {
    const bytes = packet6(44, [60, 0, 0, 8, 0, 0, 0, 1, 17, 0, 1, 4, 0, 0, 0, 0]);
    const found = findTransport(bytes, 0, bytes.length);
    expect([offsetOf(found), protocolOf(found)]).toEqual([48, 60]);
  });

  it('finds nothing without a whole IP header', () => {
    const ip4 = vectorNamed('UDP over IPv4');
    const ip6 = vectorNamed('UDP over IPv6');
    expect(findTransport(ip4, 0, 19)).toBe(0);
    expect(findTransport(ip4, 4, 4)).toBe(0);
    expect(findTransport(ip6, 0, 39)).toBe(0);
    expect(findTransport(vectorNamed('IPv4 with options'), 0, 24)).toBe(0);
    expect(findTransport(Uint8Array.from([0x44, ...ip4.subarray(1)]), 0, ip4.length)).toBe(0);
    expect(findTransport(Uint8Array.from([0x70, ...ip6.subarray(1)]), 0, ip6.length)).toBe(0);
  });
});
