import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum } from '../../../src/core/ip/checksum.js';
import { fragmentIpv4 } from '../../../src/core/ip/fragment-ipv4.js';
import { setU16, u16 } from '../../../src/core/ip/packet-fields.js';
import { fromHex, surrounded, toHex, vectors } from './vectors.js';

/** The pieces, or undefined when it was not cut. */
function cut(bytes: Uint8Array, mtu: number): Uint8Array[] | undefined {
  const { all, start, end } = surrounded(bytes);
  const pieces: Uint8Array[] = [];
  const isCut = fragmentIpv4(all, start, end, mtu, (piece) => pieces.push(piece));
  expect(pieces.length > 0).toBe(isCut);
  return isCut ? pieces : undefined;
}

function packetOf(options: readonly number[], payload: Uint8Array, field = 0): Uint8Array {
  const headerBytes = 20 + options.length;
  const bytes = new Uint8Array(headerBytes + payload.length);
  bytes.set([0x40 | (headerBytes / 4), 0, 0, 0, 1, 2, 0, 0, 9, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
  setU16(bytes, 2, bytes.length);
  setU16(bytes, 6, field);
  bytes.set(options, 20);
  bytes.set(payload, headerBytes);
  return bytes;
}

function headerBytesOf(piece: Uint8Array): number {
  return (piece[0]! & 15) * 4;
}

/** Puts pieces together as a receiver does. */
function join(pieces: readonly Uint8Array[]): number[] {
  const payload: number[] = [];
  for (const piece of pieces) {
    const at = (u16(piece, 6) & 0x1fff) * 8;
    for (const [i, byte] of piece.subarray(headerBytesOf(piece)).entries()) payload[at + i] = byte;
  }
  return payload;
}

describe('fragmentIpv4', () => {
  for (const { name, mtu, packet, pieces } of vectors.pieces) {
    it(`cuts as another program does: ${name}`, () => {
      expect(cut(fromHex(packet), mtu)?.map(toHex)).toEqual(pieces);
    });
  }

  it('makes pieces that fit, are sound and give the whole again', () => {
    const payload = fc.uint8Array({ minLength: 1, maxLength: 3_000, size: 'max' });
    fc.assert(
      fc.property(payload, fc.integer({ min: 68, max: 1_500 }), (sent, mtu) => {
        const pieces = cut(packetOf([], sent), mtu)!;
        for (const [i, piece] of pieces.entries()) {
          expect(piece.length).toBeLessThanOrEqual(mtu);
          expect(u16(piece, 2)).toBe(piece.length);
          expect(checksum(piece, 0, 20)).toBe(0);
          expect((u16(piece, 6) & 0x2000) !== 0).toBe(i < pieces.length - 1);
        }
        expect(join(pieces)).toEqual([...sent]);
      }),
      { numRuns: 200 },
    );
  });

  it('copies those options only that belong into every piece', () => {
    const [nop, routerAlert, timestamp] = [[1], [0x94, 4, 0, 0], [68, 4, 5, 0]];
    const [first, second] = cut(
      packetOf([...nop, ...routerAlert, ...timestamp, 1, 1, 1], new Uint8Array(100)),
      88,
    )!;
    expect(headerBytesOf(first!)).toBe(32);
    expect(headerBytesOf(second!)).toBe(24);
    expect([...second!.subarray(20, 24)]).toEqual(routerAlert);
    expect(checksum(second!, 0, 24)).toBe(0);
  });

  it('copies no option behind one that is malformed', () => {
    for (const options of [
      [0x94, 1, 0x94, 4],
      [0x94, 0, 0, 0],
      [0x94, 5, 0, 0],
      [0, 0x94, 4, 0],
    ]) {
      const [, second] = cut(packetOf(options, new Uint8Array(100)), 88)!;
      expect(headerBytesOf(second!)).toBe(20);
    }
  });

  it('leaves out what stands behind the length in the header', () => {
    const packet = packetOf([], new Uint8Array(100).fill(1));
    const longer = new Uint8Array(packet.length + 50).fill(9);
    longer.set(packet);
    expect(join(cut(longer, 68)!)).toEqual(new Array<number>(100).fill(1));
  });

  it('cuts nothing that may not be cut, or is no such packet', () => {
    const payload = new Uint8Array(1_000);
    const ip6 = packetOf([], payload);
    ip6[0] = 0x65;
    const headerOnly = packetOf([], new Uint8Array(0));
    const tooFar = packetOf([], payload, 0x1fff);
    for (const bytes of [packetOf([], payload, 0x4000), ip6, headerOnly, tooFar]) {
      expect(cut(bytes, 576)).toBeUndefined();
    }
    expect(cut(packetOf([], payload), 27)).toBeUndefined();
  });
});
