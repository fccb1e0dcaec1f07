import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flowHash } from '../../../src/core/ip/flow-hash.js';
import { setU16 } from '../../../src/core/ip/packet-fields.js';
import { surrounded, vectorNamed } from './vectors.js';

const SEED = 0x12345678;

function hashOf(bytes: Uint8Array, seed = SEED): number {
  return flowHash(bytes, 0, bytes.length, seed);
}

describe('flowHash', () => {
  it('is one for all packets of a flow, wherever they lie', () => {
    for (const version of ['IPv4', 'IPv6']) {
      const [a, b] = [`TCP SA over ${version}`, `TCP PA over ${version}`].map(vectorNamed);
      expect(hashOf(a!)).toBe(hashOf(b!));
      const { all, start, end } = surrounded(a!);
      expect(flowHash(all, start, end, SEED)).toBe(hashOf(a!));
    }
  });

  it('changes with each address, the protocol, each port and the seed', () => {
    for (const [name, places] of [
      ['UDP over IPv4', [9, 12, 15, 16, 19, 20, 21, 22, 23]],
      ['UDP over IPv6', [6, 8, 23, 24, 39, 40, 41, 42, 43]],
    ] as const) {
      const bytes = vectorNamed(name);
      const hashes = new Set([hashOf(bytes), hashOf(bytes, SEED + 1)]);
      for (const at of places) {
        const copy = bytes.slice();
        copy[at]! ^= 1;
        hashes.add(hashOf(copy));
      }
      expect(hashes.size).toBe(2 + places.length);
    }
  });

  it('is one for all pieces of a packet: no ports are read from them', () => {
    const first = vectorNamed('UDP over IPv4');
    setU16(first, 6, 0x2000);
    const later = first.slice();
    setU16(later, 6, 0x00b9);
    later.set([9, 9, 9, 9], 20);
    expect(hashOf(later)).toBe(hashOf(first));
  });

  it('spreads neighbouring ports over queues evenly', () => {
    const bytes = vectorNamed('UDP over IPv4');
    const counts = new Array<number>(64).fill(0);
    for (let port = 1_024; port < 1_024 + 6_400; port++) {
      setU16(bytes, 20, port);
      counts[hashOf(bytes) % 64]!++;
    }
    expect(Math.min(...counts)).toBeGreaterThan(50);
    expect(Math.max(...counts)).toBeLessThan(160);
  });

  it('gives 32 bits for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer(), (bytes, seed) => {
        const hash = hashOf(bytes, seed);
        expect(hash >>> 0).toBe(hash);
      }),
    );
  });
});
