import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { PacketType, VCLPacket, type VCLPacketFields } from '../src/packet.js';

describe('VCLPacket', () => {
  it('carries what was received', () => {
    const payload = Uint8Array.of(1, 2, 3);
    const packet = received({ number: 7, lane: 'lossy', type: 65_535, payload });
    expect(packet).toMatchObject({ number: 7, sequence: 7n, lane: 'lossy', type: 65_535 });
    expect(packet.payload).toBe(payload);
    expect(packet.receivedAt).toBe(1_700_000_000_000);
    expect(packet.hash).toHaveLength(32);
  });

  it('is untyped data unless it says otherwise', () => {
    expect(received()).toMatchObject({ type: 0, packetType: PacketType.Data });
    expect(received({ packetType: PacketType.Ping }).packetType).toBe('ping');
  });

  it('gives the sequence as a bigint up to the largest number', () => {
    expect(received({ number: Number.MAX_SAFE_INTEGER }).sequence).toBe(2n ** 53n - 1n);
  });

  it('is verified once a statement covers its number', () => {
    const verifiedHead = { through: 4 };
    const packets = [3, 4, 5].map((number) => received({ number, verifiedHead }));
    expect(packets.map((packet) => packet.verified)).toEqual([true, false, false]);
    verifiedHead.through = 5;
    expect(packets.map((packet) => packet.verified)).toEqual([true, true, false]);
  });

  it('reads the payload as UTF-8 without ever throwing', () => {
    const text = (bytes: Uint8Array) => received({ payload: bytes }).text();
    expect(text(new TextEncoder().encode('привет ✓'))).toBe('привет ✓');
    expect(text(Uint8Array.of(0x68, 0xff, 0x69))).toBe('h\ufffdi');
    expect(text(new TextEncoder().encode('\ufeffmark'))).toBe('\ufeffmark');
    expect(text(new Uint8Array())).toBe('');
  });

  it('shows no payload in JSON', () => {
    const packet = received({ number: 2, payload: new TextEncoder().encode('secret') });
    expect(JSON.parse(JSON.stringify(packet))).toEqual({
      sequence: 2,
      lane: 'reliable',
      type: 0,
      packetType: 'data',
      payloadBytes: 6,
      verified: true,
      receivedAt: 1_700_000_000_000,
      hash: 'ab'.repeat(32),
    });
  });

  it('shows no payload when it is printed, alone or inside another object', () => {
    const packet = received({ payload: new TextEncoder().encode('secret') });
    for (const shown of [inspect(packet), inspect({ deep: { packet } }, { depth: 9 })]) {
      expect(shown).toContain('VCLPacket {"sequence":0');
      expect(shown).toContain('"payloadBytes":6');
      expect(shown).not.toMatch(/secret|115, 101|73 65 63|736563/);
    }
  });
});

function received(fields: Partial<VCLPacketFields> = {}): VCLPacket {
  return new VCLPacket({
    number: 0,
    lane: 'reliable',
    payload: Uint8Array.of(),
    receivedAt: 1_700_000_000_000,
    hash: new Uint8Array(32).fill(0xab),
    verifiedHead: { through: (fields.number ?? 0) + 1 },
    ...fields,
  });
}
