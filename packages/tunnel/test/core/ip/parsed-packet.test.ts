import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIpPacket } from '../../../src/core/ip/ip-packet.js';
import { ParsedPacket } from '../../../src/core/ip/parsed-packet.js';
import { TransportProtocol } from '../../../src/core/ip/transport-protocol.js';
import { fromHex, vectorNamed, vectors } from './vectors.js';

function parse(raw: Uint8Array): ParsedPacket {
  const packet = ParsedPacket.parse(raw);
  if (packet === undefined) throw new Error('no packet');
  return packet;
}

/** A copy with some bytes changed. */
function changed(raw: Uint8Array, changes: Record<number, number>): Uint8Array {
  const copy = raw.slice();
  for (const [at, value] of Object.entries(changes)) copy[Number(at)] = value;
  return copy;
}

describe('packets of another program are read as it made them', () => {
  for (const vector of vectors.packets) {
    it(vector.name, () => {
      const raw = fromHex(vector.hex);
      const packet = parse(raw);
      expect(packet.raw).toBe(raw);
      expect(packet).toMatchObject({
        ipVersion: vector.version,
        srcIp: vector.src,
        dstIp: vector.dst,
        ttl: vector.ttl,
        totalLen: vector.totalLen,
        isTruncated: false,
      });
      expect(packet.isHeaderChecksumValid).toBe(vector.headerValid ?? undefined);
      expect(packet.isTransportChecksumValid()).toBe(vector.valid ?? undefined);
      expect(packet.fragment).toEqual(vector.fragment ?? undefined);
      expect(packet.transport).toEqual(vector.transport);
      if (vector.summary !== undefined) expect(packet.summary()).toBe(vector.summary);
    });
  }
});

describe('what a packet is asked', () => {
  const syn = parse(vectorNamed('a SYN over IPv4'));
  const dns6 = parse(vectorNamed('hop-by-hop and destination options'));

  it('knows its version and its ends in any spelling', () => {
    expect([syn.isIpv4(), syn.isIpv6(), dns6.isIpv4(), dns6.isIpv6()]).toEqual([
      true,
      false,
      false,
      true,
    ]);
    expect(syn.isFrom('192.168.1.1')).toBe(true);
    expect(syn.isDestinedFor('10.0.0.1')).toBe(true);
    expect(syn.isDestinedFor('192.168.1.1')).toBe(false);
    expect(dns6.isFrom('FD00:0:0::0:1')).toBe(true);
    expect(dns6.isDestinedFor('2001:0db8::1:2:3:4:5')).toBe(true);
    expect(dns6.isFrom('no address')).toBe(false);
  });

  it('shows flags of TCP one at a time, as the guide does', () => {
    expect(parse(vectorNamed('TCP SA over IPv4')).summary()).toContain(':8080 SYN (73 bytes)');
    expect(parse(vectorNamed('TCP FA over IPv4')).summary()).toContain(':8080 FIN (73 bytes)');
    expect(parse(vectorNamed('TCP R over IPv4')).summary()).toContain(':8080 RST (73 bytes)');
    expect(parse(vectorNamed('TCP PA over IPv6')).summary()).toContain(']:8080 (93 bytes)');
  });

  it('gives what follows IP and its extension headers without copying it', () => {
    expect(dns6.ipPayloadOffset).toBe(64);
    expect(dns6.ipPayload()).toHaveLength(8 + 33);
    expect(dns6.ipPayload().buffer).toBe(dns6.raw.buffer);
  });

  it('takes for DNS what goes to port 53 by UDP and by TCP, and tells answers apart', () => {
    const udp = vectorNamed('UDP over IPv4');
    const overTcp = changed(vectorNamed('a SYN over IPv4'), { 22: 0, 23: 53 });
    const answer = changed(udp, { 20: 0, 21: 53, 22: 0x14, 23: 0xe9 });
    expect([parse(udp).isDns(), parse(udp).isDnsAnswer()]).toEqual([true, false]);
    expect(parse(overTcp).isDns()).toBe(true);
    expect([parse(answer).isDns(), parse(answer).isDnsAnswer()]).toEqual([false, true]);
    expect(dns6.isDns()).toBe(true);
    expect(syn.isDns()).toBe(false);
  });

  it('takes port 853 of TCP and UDP for DNS over TLS', () => {
    for (const name of ['UDP over IPv4', 'a SYN over IPv4']) {
      const packet = parse(changed(vectorNamed(name), { 22: 853 >> 8, 23: 853 & 0xff }));
      expect([packet.isDns(), packet.isDnsOverTls()]).toEqual([false, true]);
    }
    expect(parse(vectorNamed('UDP over IPv4')).isDnsOverTls()).toBe(false);
  });

  it('knows echo requests, but not answers', () => {
    const ping4 = vectorNamed('an echo request');
    expect(parse(ping4).isPing()).toBe(true);
    expect(parse(changed(ping4, { 20: 0 })).isPing()).toBe(false);
    expect(parse(vectorNamed('an echo request of ICMPv6')).isPing()).toBe(true);
    expect(syn.isPing()).toBe(false);
  });

  it('asks any transport for ports, flags and number', () => {
    const { srcPort, dstPort, protocolNumber, isSyn, isFin, isRst } = TransportProtocol;
    const answer = parse(vectorNamed('TCP SA over IPv4')).transport;
    expect([srcPort(syn.transport), dstPort(syn.transport)]).toEqual([80, 8080]);
    expect([isSyn(syn.transport), isSyn(answer)]).toEqual([true, false]);
    expect(isFin(parse(vectorNamed('TCP FA over IPv6')).transport)).toBe(true);
    expect(isRst(parse(vectorNamed('TCP R over IPv6')).transport)).toBe(true);
    const others = ['an echo request', 'an echo request of ICMPv6', 'UDP over IPv6'];
    const numbers = others.map((name) => protocolNumber(parse(vectorNamed(name)).transport));
    expect(numbers).toEqual([1, 58, 17]);
    const fragment = parse(vectorNamed('a later fragment of IPv4')).transport;
    expect([srcPort(fragment), dstPort(fragment), protocolNumber(fragment)]).toEqual([
      undefined,
      undefined,
      17,
    ]);
  });
});

describe('packets that are not as they should be', () => {
  const udp = vectorNamed('UDP over IPv4');

  it('takes nothing that is no IP packet', () => {
    const none = [
      new Uint8Array(0),
      udp.subarray(0, 19),
      changed(udp, { 0: 0x55 }),
      changed(udp, { 0: 0xc5 }),
      changed(udp, { 0: 0x44 }),
      changed(udp, { 2: 0, 3: 19 }),
      vectorNamed('UDP over IPv6').subarray(0, 39),
    ];
    for (const raw of none) {
      expect(ParsedPacket.parse(raw)).toBeUndefined();
      expect(parseIpPacket(raw)).toBeUndefined();
    }
  });

  it('leaves out what stands behind the length in the header', () => {
    const longer = new Uint8Array(udp.length + 9).fill(7);
    longer.set(udp);
    const packet = parse(longer);
    expect(packet.totalLen).toBe(udp.length);
    expect(packet.isTruncated).toBe(false);
    expect(packet.ipPayload()).toEqual(udp.subarray(20));
    expect(packet.isTransportChecksumValid()).toBe(true);
  });

  it('says that the end is missing, and shows what is there', () => {
    const packet = parse(udp.subarray(0, 30));
    expect(packet.isTruncated).toBe(true);
    expect(packet.totalLen).toBe(udp.length);
    expect(packet.transport).toMatchObject({ type: 'udp', dstPort: 53 });
    expect(packet.isTransportChecksumValid()).toBeUndefined();
    expect(packet.ipPayload()).toHaveLength(10);
  });

  it('keeps a packet whose transport header is short or wrong', () => {
    const syn = vectorNamed('a SYN over IPv4');
    expect(parse(syn.subarray(0, 39)).transport).toEqual({ type: 'other', protocolNumber: 6 });
    expect(parse(changed(syn, { 32: 0x40 })).transport.type).toBe('other');
    expect(parse(changed(syn, { 32: 0xf0 })).transport.type).toBe('other');
    expect(parse(udp.subarray(0, 27)).transport).toEqual({ type: 'other', protocolNumber: 17 });
    const ping = vectorNamed('an echo request');
    expect(parse(ping.subarray(0, 21)).transport).toEqual({ type: 'other', protocolNumber: 1 });
  });

  it('keeps a packet whose IP options are cut off', () => {
    const packet = parse(vectorNamed('IPv4 with options').subarray(0, 24));
    expect(packet).toMatchObject({ isTruncated: true, isHeaderChecksumValid: undefined });
    expect(packet.transport).toEqual({ type: 'other', protocolNumber: 17 });
    expect(packet.ipPayload()).toHaveLength(0);
  });

  it('gives up behind eight extension headers, and at one that is cut off', () => {
    const many = (count: number) => {
      const raw = new Uint8Array(40 + 8 * count + 8);
      raw.set(vectorNamed('UDP over IPv6').subarray(0, 40));
      raw[5] = raw.length - 40;
      raw[6] = 60;
      for (let i = 0; i < count; i++) raw[40 + 8 * i] = i === count - 1 ? 17 : 60;
      return raw;
    };
    expect(parse(many(8)).transport.type).toBe('udp');
    expect(parse(many(9)).transport).toEqual({ type: 'other', protocolNumber: 60 });
    expect(parse(many(2).subarray(0, 51)).transport).toEqual({
      type: 'other',
      protocolNumber: 60,
    });
  });

  it('throws for no bytes at all, and stays inside of them', () => {
    const start = fc.constantFrom(0x45, 0x46, 0x4f, 0x60, 0x6f, 0x00);
    const bytes = fc.uint8Array({ maxLength: 120 });
    fc.assert(
      fc.property(start, bytes, (first, rest) => {
        const raw = Uint8Array.from([first, ...rest]);
        const packet = ParsedPacket.parse(raw);
        if (packet === undefined) return;
        expect(packet.summary()).toContain(`(${packet.totalLen} bytes)`);
        expect(packet.ipPayloadOffset + packet.ipPayload().length).toBeLessThanOrEqual(raw.length);
        packet.isTransportChecksumValid();
      }),
      { numRuns: 2_000 },
    );
  });

  it('reads each of its beginnings without throwing', () => {
    for (const { hex } of vectors.packets) {
      const raw = fromHex(hex);
      for (let length = 0; length < raw.length; length++) {
        const packet = ParsedPacket.parse(raw.subarray(0, length));
        expect(packet?.isTruncated ?? true).toBe(true);
      }
    }
  });
});

describe('parseIpPacket', () => {
  it('says the same in fewer words', () => {
    const raw = vectorNamed('hop-by-hop and destination options');
    const packet = parseIpPacket(raw);
    expect(packet).toMatchObject({
      version: 6,
      src: 'fd00::1',
      dst: '2001:db8:0:1:2:3:4:5',
      protocol: 17,
      len: raw.length,
    });
    expect(packet?.raw).toBe(raw);
    expect(packet?.summary()).toBe(parse(raw).summary());
  });
});
