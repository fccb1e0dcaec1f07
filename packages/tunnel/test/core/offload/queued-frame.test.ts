import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GsoType,
  NEEDS_CHECKSUM,
  setVirtioField,
  VIRTIO_HEADER_BYTES,
  VirtioField,
} from '../../../src/core/offload/virtio-header.js';
import {
  ACK,
  CWR,
  completed,
  counting,
  ECE,
  FIN,
  headerBytes,
  naivePieces,
  naiveSum,
  PLAIN,
  PSH,
  packetOf,
  plainFrame,
  Returns,
  type Segment,
  superFrame,
  takeAll,
  tcpOffset,
} from './segments.js';

const segments: fc.Arbitrary<Segment> = fc.record({
  family: fc.constantFrom(4 as const, 6 as const),
  ipOptions: fc.constantFrom(0, 4, 40).map((bytes) => counting(bytes)),
  tcpOptions: fc.constantFrom(0, 12, 40).map((bytes) => counting(bytes, 3)),
  trafficClass: fc.integer({ min: 0, max: 255 }),
  ttl: fc.integer({ min: 1, max: 255 }),
  id: fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.constant(65_534)),
  port: fc.integer({ min: 0, max: 65_535 }),
  sequence: fc.oneof(fc.integer({ min: 0, max: 2 ** 32 - 1 }), fc.constant(2 ** 32 - 5)),
  acknowledged: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  window: fc.integer({ min: 0, max: 65_535 }),
  flags: fc.constantFrom(ACK, ACK | PSH, ACK | FIN, ACK | PSH | FIN | CWR | ECE, ACK | CWR),
  payload: fc.integer({ min: 1, max: 4_000 }).map((bytes) => counting(bytes)),
});

describe('a super-packet that is cut', () => {
  it('is what cutting by hand gives, with complete checksums', () => {
    fc.assert(
      fc.property(
        segments,
        fc.integer({ min: 1, max: 1_500 }),
        fc.integer({ min: 150, max: 1_500 }),
        (segment, gsoSize, mtu) => {
          const queued = new Returns().load(superFrame(segment, gsoSize), mtu)!;
          const size = Math.min(gsoSize, mtu - headerBytes(segment));
          const expected = naivePieces(segment, size);
          const all = expected.reduce((sum, piece) => sum + packetOf(piece).length, 0);
          expect(queued.bytesLeft).toBe(all);
          const pieces = takeAll(queued);
          expect(pieces.map((piece) => completed(piece, tcpOffset(segment)))).toEqual(
            expected.map((piece) => packetOf(piece)),
          );
          for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(mtu);
        },
      ),
    );
  });

  it('has in each piece the mark and the sum of its own pseudo header', () => {
    const segment = { ...PLAIN, payload: counting(2_500) };
    const queued = new Returns().load(superFrame(segment, 1_000), 1_400)!;
    for (const piece of takeAll(queued)) {
      expect(piece[0]).toBe(0xc5);
      const pseudo = [10, 8, 0, 2, 192, 168, 7, 9, 0, 6, 0, 0];
      const sum = naiveSum(Uint8Array.from(pseudo)) + piece.length - 20;
      expect(piece[36]! * 256 + piece[37]!).toBe(sum > 0xffff ? sum - 0xffff : sum);
    }
  });

  it('keeps the rest right when packets in it are given up', () => {
    fc.assert(
      fc.property(segments, fc.array(fc.boolean(), { minLength: 40 }), (segment, drops) => {
        const queued = new Returns().load(superFrame(segment, 100), 1_500)!;
        const expected = naivePieces(segment, 100).map((piece) => packetOf(piece));
        for (const [index, packet] of expected.entries()) {
          const left = expected.slice(index).reduce((sum, one) => sum + one.length, 0);
          expect([queued.nextBytes, queued.bytesLeft]).toEqual([packet.length, left]);
          if (drops[index] === true) {
            queued.dropNext();
            continue;
          }
          const out = new Uint8Array(packet.length);
          queued.take(out, 0);
          expect(completed(out, tcpOffset(segment))).toEqual(packet);
        }
        expect([queued.nextBytes, queued.bytesLeft]).toEqual([0, 0]);
      }),
    );
  });

  it('is cut by its family also where congestion was experienced', () => {
    for (const family of [4, 6] as const) {
      const segment = { ...PLAIN, family, flags: ACK | CWR, payload: counting(300) };
      const frame = superFrame(segment, 100);
      frame[VirtioField.gsoType]! |= 0x80;
      const pieces = takeAll(new Returns().load(frame, 1_400)!);
      expect(pieces.map((piece) => completed(piece, tcpOffset(segment)))).toEqual(
        naivePieces(segment, 100).map((piece) => packetOf(piece)),
      );
    }
  });

  it('is refused when its headers are not what the frame says', () => {
    const lies: [string, (frame: Uint8Array) => void][] = [
      ['a segment of no bytes', (frame) => setVirtioField(frame, VirtioField.gsoSize, 0)],
      ['TCP elsewhere', (frame) => setVirtioField(frame, VirtioField.checksumStart, 24)],
      ['TCP before IP', (frame) => setVirtioField(frame, VirtioField.checksumStart, 0)],
      ['TCP behind the end', (frame) => setVirtioField(frame, VirtioField.checksumStart, 60_000)],
      ['the other family', (frame) => frame.fill(GsoType.Tcp6, 1, 2)],
      ['UDP', (frame) => frame.fill(5, 1, 2)],
      ['another protocol', (frame) => frame.fill(17, VIRTIO_HEADER_BYTES + 9, 20)],
      ['a fragment', (frame) => frame.fill(0x20, VIRTIO_HEADER_BYTES + 6, 17)],
      ['a short TCP header', (frame) => frame.fill(0x40, VIRTIO_HEADER_BYTES + 32, 43)],
      ['a TCP header behind the end', (frame) => frame.fill(0xf0, VIRTIO_HEADER_BYTES + 32, 43)],
      ['a short IP header', (frame) => frame.fill(0x44, VIRTIO_HEADER_BYTES, 11)],
    ];
    for (const [name, lie] of lies) {
      const returns = new Returns();
      const frame = superFrame({ ...PLAIN, payload: counting(30) }, 10);
      lie(frame);
      expect(returns.load(frame, 1_400), name).toBeUndefined();
      expect([returns.released, returns.recycled], name).toEqual([0, 0]);
    }
    const none = superFrame(PLAIN, 10);
    expect(new Returns().load(none, 1_400), 'no payload').toBeUndefined();
    const wide = superFrame({ ...PLAIN, payload: counting(30) }, 10);
    expect(new Returns().load(wide, 40), 'no room for payload').toBeUndefined();
  });
});

describe('a frame of one packet', () => {
  it('is taken as it is, however long it is', () => {
    const packet = packetOf({ ...PLAIN, payload: counting(3_000) });
    const queued = new Returns().load(plainFrame(packet), 1_400)!;
    expect(takeAll(queued)).toEqual([packet]);
  });

  it('leaves its checksum open where the far side finds it', () => {
    for (const family of [4, 6] as const) {
      const segment = { ...PLAIN, family, payload: counting(33) };
      const frame = superFrame(segment, 0);
      frame[VirtioField.gsoType] = GsoType.None;
      const [packet] = takeAll(new Returns().load(frame, 1_400)!);
      expect(packet![0]! & 0x80).toBe(0x80);
      expect(completed(packet!, tcpOffset(segment))).toEqual(packetOf(segment));
    }
  });

  it('has its checksum completed where the far side would not look for it', () => {
    const start = 40 + 8;
    const packet = new Uint8Array(start + 12);
    packet.set([0x60, 0, 0, 0, 0, packet.length - 40, 60, 64]);
    packet[40] = 17;
    packet.set([0, 53, 0, 54, 0, 12, 0x12, 0x34, 1, 2, 3, 4], start);
    const frame = plainFrame(packet);
    frame[VirtioField.flags] = NEEDS_CHECKSUM;
    setVirtioField(frame, VirtioField.checksumStart, start);
    setVirtioField(frame, VirtioField.checksumOffset, 6);
    const expected = 0xffff - naiveSum(packet.subarray(start));
    const [taken] = takeAll(new Returns().load(frame, 1_400)!);
    expect(taken![0]).toBe(0x60);
    expect(taken![start + 6]! * 256 + taken![start + 7]!).toBe(expected);
  });

  it('does not leave the checksum of a fragment open', () => {
    const frame = superFrame({ ...PLAIN, payload: counting(16) }, 0);
    frame[VirtioField.gsoType] = GsoType.None;
    frame[VIRTIO_HEADER_BYTES + 6] = 0x20;
    const [packet] = takeAll(new Returns().load(frame, 1_400)!);
    expect(packet![0]).toBe(0x45);
  });

  it('is refused without a packet, or with a checksum behind its end', () => {
    expect(new Returns().load(new Uint8Array(VIRTIO_HEADER_BYTES), 1_400)).toBeUndefined();
    const frame = plainFrame(counting(30));
    frame[VirtioField.flags] = NEEDS_CHECKSUM;
    setVirtioField(frame, VirtioField.checksumStart, 20);
    setVirtioField(frame, VirtioField.checksumOffset, 9);
    expect(new Returns().load(frame, 1_400)).toBeUndefined();
  });

  it('comes back once, and its item as well', () => {
    const returns = new Returns();
    const queued = returns.load(plainFrame(packetOf(PLAIN)), 1_400)!;
    queued.next = queued;
    queued.release();
    expect([returns.released, returns.recycled, queued.next]).toEqual([1, 1, undefined]);
  });
});

describe('a frame of anything', () => {
  /** A frame with a header and a packet that often begin as such do. */
  const frames = fc
    .record({
      bytes: fc.uint8Array({ maxLength: 120 }),
      flags: fc.constantFrom(0, 1),
      type: fc.constantFrom(0, 1, 4, 5, 0x80, 0x81, 0x84),
      fields: fc.array(fc.constantFrom(0, 1, 6, 16, 20, 40, 54, 65_535), {
        minLength: 4,
        maxLength: 4,
      }),
      first: fc.constantFrom(0x45, 0x46, 0x60, 0xc5, 0xff),
      protocol: fc.constantFrom(6, 17, 0),
      dataOffset: fc.constantFrom(0x50, 0x60, 0xf0, 0),
    })
    .map(({ bytes, flags, type, fields, first, protocol, dataOffset }) => {
      const frame = plainFrame(bytes);
      frame[VirtioField.flags] = flags;
      frame[VirtioField.gsoType] = type;
      for (const [i, value] of fields.entries()) setVirtioField(frame, 2 + 2 * i, value);
      const packet = frame.subarray(VIRTIO_HEADER_BYTES);
      const presets = [
        [0, first],
        [first === 0x60 ? 6 : 9, protocol],
        [first === 0x60 ? 52 : 32, dataOffset],
      ] as const;
      for (const [at, value] of presets) if (at < packet.length) packet[at] = value;
      return frame;
    });

  /** All that is taken, with `fill` in the memory around. */
  function outcome(frame: Uint8Array, fill: number): Uint8Array[] | undefined {
    const memory = new Uint8Array(frame.length + 100).fill(fill);
    memory.set(frame);
    const queued = new Returns().load(memory, 90, frame.length);
    if (queued === undefined) return undefined;
    const packets: Uint8Array[] = [];
    let left = queued.bytesLeft;
    while (queued.nextBytes > 0) {
      const bytes = queued.nextBytes;
      const out = new Uint8Array(bytes + 6).fill(0xa5);
      queued.take(out, 3);
      expect([...out.subarray(0, 3), ...out.subarray(-3)]).toEqual(Array(6).fill(0xa5));
      packets.push(out.slice(3, -3));
      left -= bytes;
      expect(queued.bytesLeft).toBe(left);
    }
    expect(left).toBe(0);
    return packets;
  }

  it('does not throw, writes what it says, and does not depend on the memory around it', () => {
    fc.assert(
      fc.property(frames, (frame) => {
        expect(outcome(frame, 0x00)).toEqual(outcome(frame, 0xff));
        expect(outcome(frame, 0x06)).toEqual(outcome(frame, 0x11));
      }),
      { numRuns: 2_000 },
    );
  });
});
