import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PacketJoiner } from '../../../src/core/offload/packet-joiner.js';
import {
  GsoType,
  VIRTIO_HEADER_BYTES,
  VirtioField,
  virtioField,
} from '../../../src/core/offload/virtio-header.js';
import {
  ACK,
  counting,
  cutWritten,
  ECE,
  FIN,
  headerBytes,
  naivePieces,
  PLAIN,
  PSH,
  packetOf,
  Returns,
  type Segment,
  superFrame,
  takeAll,
  tcpOffset,
} from './segments.js';
import { addAll, join, row, Written } from './written.js';

/** How many packets each frame may hold, by the rules in words: a twin of the joiner. */
function naiveGroups(segments: readonly Segment[]): number[] {
  const groups: Segment[][] = [];
  let open: Segment[] | undefined;
  for (const segment of segments) {
    const bytes = segment.payload.length;
    if (open !== undefined && isNext(open, segment)) {
      open.push(segment);
      const isLast = bytes < open[0]!.payload.length || segment.flags !== ACK;
      if (isLast) open = undefined;
      continue;
    }
    const group = [segment];
    groups.push(group);
    open = segment.flags === ACK && bytes > 0 ? group : undefined;
  }
  return groups.map((group) => group.length);
}

function isNext(open: readonly Segment[], segment: Segment): boolean {
  const first = open[0]!;
  const joined = open.reduce((sum, { payload }) => sum + payload.length, 0);
  const bytes = segment.payload.length;
  const rest = { sequence: 0, id: 0, flags: 0, payload: [] };
  const same = JSON.stringify({ ...first, ...rest }) === JSON.stringify({ ...segment, ...rest });
  const isOrdinary = (segment.flags & ACK) !== 0 && (segment.flags & ~(ACK | PSH | FIN)) === 0;
  const isBehind = segment.sequence === (first.sequence + joined) % 2 ** 32;
  const fits = headerBytes(first) + joined + bytes <= 65_535;
  return same && isOrdinary && isBehind && fits && bytes > 0 && bytes <= first.payload.length;
}

describe('segments that are joined', () => {
  it('are cut and joined again without a difference, over both families', () => {
    const options = [0, 12, 40].map((bytes) => counting(bytes, 5));
    fc.assert(
      fc.property(
        fc.constantFrom(4 as const, 6 as const),
        fc.constantFrom(...options),
        fc.integer({ min: 1, max: 1_400 }),
        fc.integer({ min: 1, max: 20_000 }),
        fc.constantFrom(ACK, ACK | PSH, ACK | FIN | PSH),
        (family, tcpOptions, size, bytes, flags) => {
          const payload = counting(bytes);
          const shape = { id: 65_530, sequence: 2 ** 32 - 500 };
          const segment: Segment = { ...PLAIN, ...shape, family, tcpOptions, flags, payload };
          const pieces = takeAll(new Returns().load(superFrame(segment, size), 1_500)!);
          for (const piece of pieces) piece[0]! &= 0x7f;
          const device = new Written(true);
          const joiner = new PacketJoiner(device);
          addAll(joiner, pieces, true);
          joiner.flush();
          const expected = naivePieces(segment, Math.min(size, 1_500 - headerBytes(segment)));
          expect(device.packets).toEqual(expected.map((piece) => packetOf(piece)));
          expect(device.frames).toHaveLength(1);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('give a frame that the kernel takes: lengths, offsets and a sound IPv4 header', () => {
    const device = join(row([500, 500, 200]));
    const [frame] = device.frames;
    expect(device.frames).toHaveLength(1);
    expect(frame![VirtioField.gsoType]).toBe(GsoType.Tcp4);
    const fields = [VirtioField.headerLength, VirtioField.gsoSize, VirtioField.checksumStart];
    expect(fields.map((at) => virtioField(frame!, at))).toEqual([40, 500, 20]);
    expect(virtioField(frame!, VirtioField.checksumOffset)).toBe(16);
    const whole = packetOf({ ...PLAIN, payload: frame!.slice(VIRTIO_HEADER_BYTES + 40) }, true);
    expect(frame!.slice(VIRTIO_HEADER_BYTES)).toEqual(whole);
  });

  it('are those of the rules, and all packets come out as they were', () => {
    const one = fc.record({
      flow: fc.constantFrom(1, 1, 1, 1, 2),
      length: fc.constantFrom(100, 100, 100, 99, 0, 101),
      flags: fc.constantFrom(ACK, ACK, ACK, ACK, ACK | PSH, ACK | FIN, ACK | ECE),
      skips: fc.constantFrom(0, 0, 0, 0, 0, 1),
    });
    fc.assert(
      fc.property(fc.array(one, { maxLength: 40 }), (drawn) => {
        const sequences = [0, 2 ** 32 - 150, 77];
        const segments = drawn.map(({ flow, length, flags, skips }) => {
          const sequence = (sequences[flow]! + skips) % 2 ** 32;
          sequences[flow] = (sequence + length) % 2 ** 32;
          return { ...PLAIN, port: flow, flags, sequence, payload: counting(length, sequence) };
        });
        const device = join(segments);
        const counts = device.frames.map((frame) => cutWritten(frame).length);
        expect(counts).toEqual(naiveGroups(segments));
        // The joined ones get numbers in a row, as a system gives them.
        let before = 0;
        const expected = counts.flatMap((count) => {
          const group = segments.slice(before, before + count);
          before += count;
          return group.map((segment, i) => packetOf({ ...segment, id: PLAIN.id + i }));
        });
        expect(device.packets).toEqual(expected);
      }),
    );
  });

  it('are never joined when anything in their headers differs', () => {
    for (const family of [4, 6] as const) {
      const base = { ...PLAIN, family, tcpOptions: counting(12, 1) };
      const [first, second] = row([200, 200], base) as [Segment, Segment];
      const tcp = tcpOffset(base);
      // Numbers that count on, sums over them, and lengths, which are right when a packet is added.
      const free4 = [2, 3, 4, 5, 10, 11];
      const free = new Set([...(family === 4 ? free4 : [4, 5]), tcp + 16, tcp + 17]);
      for (let bit = 0; bit < 8 * headerBytes(base); bit++) {
        const at = bit >> 3;
        const other = packetOf(second, true);
        other[at]! ^= 1 << (bit & 7);
        const isPushed = at === tcp + 13 && [ACK | PSH, ACK | FIN].includes(other[at]!);
        // The version is settled before: a packet of neither never gets here.
        if (free.has(at) || isPushed || (at === 0 && (bit & 7) >= 4)) continue;
        const device = new Written(true);
        const joiner = new PacketJoiner(device);
        addAll(joiner, [packetOf(first, true)], true);
        joiner.add(other, 0, other.length, true);
        joiner.flush();
        const isSuper = device.frames.some((frame) => frame[VirtioField.gsoType] !== GsoType.None);
        expect(isSuper, `IPv${family}, bit ${bit}`).toBe(false);
      }
    }
  });

  it('never are more than the longest packet', () => {
    const lengths = Array.from({ length: 50 }, () => 1_400);
    const device = join(row(lengths));
    expect(device.frames.map((frame) => frame.length)).toEqual([
      VIRTIO_HEADER_BYTES + 40 + 46 * 1_400,
      VIRTIO_HEADER_BYTES + 40 + 4 * 1_400,
    ]);
    const whole = join(row([32_747, 32_748, 1]));
    expect(whole.frames.map((frame) => frame.length - VIRTIO_HEADER_BYTES)).toEqual([
      40 + 32_747,
      40 + 32_748 + 1,
    ]);
  });

  it('are written at once when nothing can follow', () => {
    for (const [flags, last] of [
      [ACK | PSH, 100],
      [ACK | FIN, 100],
      [ACK, 99],
    ] as const) {
      const device = new Written(true);
      const joiner = new PacketJoiner(device);
      const [first, second] = row([100, last]) as [Segment, Segment];
      addAll(joiner, [packetOf(first, true)], true);
      expect([joiner.isPending, device.frames.length]).toEqual([true, 0]);
      addAll(joiner, [packetOf({ ...second, flags }, true)], true);
      expect([joiner.isPending, device.frames.length]).toEqual([false, 1]);
      expect(device.packets.map((packet) => packet[33])).toEqual([ACK, flags]);
    }
  });
});
