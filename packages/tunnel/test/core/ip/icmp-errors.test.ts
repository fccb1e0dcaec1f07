import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/core/ip/ip-address.js';
import { setU16, u32 } from '../../../src/core/ip/packet-fields.js';
import { writePacketTooBig } from '../../../src/core/ip/packet-too-big.js';
import { ParsedPacket } from '../../../src/core/ip/parsed-packet.js';
import { fromHex, surrounded, toHex, vectorNamed, vectors } from './vectors.js';

const out = new Uint8Array(1_280);

function tooBig(packet: Uint8Array, mtu = 1_300, from?: Uint8Array): Uint8Array | undefined {
  const { all, start, end } = surrounded(packet);
  const length = writePacketTooBig(out.fill(0xee), all, start, end, mtu, from);
  return length === 0 ? undefined : out.slice(0, length);
}

/** A packet that may not be cut, with some bytes changed. */
function changed(name: string, changes: Record<number, number>): Uint8Array {
  const bytes = vectorNamed(name);
  if (bytes[0]! >> 4 === 4) bytes[6]! |= 0x40;
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return bytes;
}

function withSource6(text: string): Uint8Array {
  const bytes = vectorNamed('UDP over IPv6');
  bytes.set(parseIp(text)!, 8);
  return bytes;
}

describe('writePacketTooBig', () => {
  for (const { name, mtu, from, packet, answer } of vectors.tooBig) {
    it(`writes what another program writes: ${name}`, () => {
      expect(toHex(tooBig(fromHex(packet), mtu, parseIp(from))!)).toBe(answer);
    });
  }

  it('answers in the name of the destination when nobody else is named', () => {
    for (const name of ['UDP over IPv4', 'UDP over IPv6', 'an echo request of ICMPv6']) {
      const asked = ParsedPacket.parse(vectorNamed(name))!;
      const answer = ParsedPacket.parse(tooBig(changed(name, {}))!)!;
      expect([answer.srcIp, answer.dstIp]).toEqual([asked.dstIp, asked.srcIp]);
      expect(answer.isHeaderChecksumValid).not.toBe(false);
      expect(answer.isTransportChecksumValid()).toBe(true);
      expect(answer.isTruncated).toBe(false);
    }
  });

  it('quotes the packet without the mark of the tunnel', () => {
    const marked = changed('UDP over IPv4', { 0: 0xc5 });
    expect(toHex(tooBig(marked)!.subarray(28))).toBe(toHex(changed('UDP over IPv4', {})));
  });

  it('is silent about IPv4 packets that may be cut', () => {
    expect(tooBig(vectorNamed('UDP over IPv4'))).toBeUndefined();
  });

  it('is silent about pieces, groups, senders that are no host, and errors', () => {
    const silent = [
      changed('UDP over IPv4', { 7: 1 }),
      changed('UDP over IPv4', { 16: 224 }),
      changed('UDP over IPv4', { 16: 255 }),
      changed('UDP over IPv4', { 12: 0 }),
      changed('UDP over IPv4', { 12: 127 }),
      changed('UDP over IPv4', { 12: 239 }),
      changed('an echo request', { 20: 3 }),
      changed('an echo request', { 20: 11 }),
      changed('an echo request', {}).subarray(0, 20),
      vectorNamed('a later fragment of IPv6'),
      changed('UDP over IPv6', { 24: 0xff }),
      withSource6('::'),
      withSource6('::1'),
      withSource6('ff02::1'),
      changed('an echo request of ICMPv6', { 40: 2 }),
      changed('an echo request of ICMPv6', { 40: 137 }),
      new Uint8Array(10).fill(0x45),
    ];
    for (const bytes of silent) expect(tooBig(bytes)).toBeUndefined();
    expect(tooBig(changed('an echo request', {}))).toBeDefined();
    expect(tooBig(withSource6('::2'))).toBeDefined();
  });

  it('knows an error behind extension headers for one', () => {
    const error = changed('an echo request of ICMPv6', { 40: 1 });
    const hidden = new Uint8Array(error.length + 8);
    hidden.set(error.subarray(0, 40));
    hidden.set([58, 0, 1, 4, 0, 0, 0, 0], 40);
    hidden.set(error.subarray(40), 48);
    hidden[6] = 60;
    setU16(hidden, 4, hidden.length - 40);
    expect(tooBig(hidden)).toBeUndefined();
    hidden[48] = 128;
    expect(tooBig(hidden)).toBeDefined();
  });

  it('speaks for no address of the other version', () => {
    expect(tooBig(changed('UDP over IPv4', {}), 1_300, parseIp('fd00::1'))).toBeUndefined();
    expect(tooBig(changed('UDP over IPv6', {}), 1_300, parseIp('10.0.0.1'))).toBeUndefined();
  });

  it('writes a sound packet about any bytes, or none', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(0x45, 0x46, 0x60, 0x00),
        fc.uint8Array({ maxLength: 1_500, size: 'max' }),
        (first, rest) => {
          const answer = tooBig(Uint8Array.from([first, ...rest]));
          if (answer === undefined) return;
          const parsed = ParsedPacket.parse(answer)!;
          expect(answer.length).toBeLessThanOrEqual(first >> 4 === 4 ? 576 : 1_280);
          expect(parsed.totalLen).toBe(answer.length);
          expect(parsed.isTransportChecksumValid()).toBe(true);
          expect(u32(answer, parsed.ipPayloadOffset + 4)).toBe(1_300);
          // Whoever gets it must not be answered again.
          expect(tooBig(answer)).toBeUndefined();
        },
      ),
      { numRuns: 300 },
    );
  });
});
