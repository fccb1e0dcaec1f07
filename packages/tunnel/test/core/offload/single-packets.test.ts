import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { verifyChecksum } from '../../../src/core/ip/checksum.js';
import { PacketJoiner } from '../../../src/core/offload/packet-joiner.js';
import { VIRTIO_HEADER_BYTES } from '../../../src/core/offload/virtio-header.js';
import { counting, PLAIN, packetOf } from './segments.js';
import { addAll, join, row, Written } from './written.js';

describe('packets that are not joined', () => {
  it('stay what they are when their checksums are complete', () => {
    const segments = row([100, 100, 100]);
    const device = new Written(true);
    const packets = segments.map((segment) => packetOf(segment));
    const joiner = new PacketJoiner(device);
    addAll(joiner, packets, false);
    expect(device.frames.map((frame) => [...frame.slice(0, 10)])).toEqual(
      packets.map(() => Array(10).fill(0)),
    );
    expect(device.packets).toEqual(packets);
  });

  it('keep their place among those that are', () => {
    const segments = row([100, 100]);
    const device = new Written(true);
    const joiner = new PacketJoiner(device);
    const other = packetOf({ ...PLAIN, port: 9, payload: counting(5) });
    addAll(joiner, [packetOf(segments[0]!, true)], true);
    addAll(joiner, [other], false);
    addAll(joiner, [packetOf(segments[1]!, true)], true);
    joiner.flush();
    const inOrder = [packetOf(segments[0]!), other, packetOf(segments[1]!)];
    expect(device.packets).toEqual(inOrder);
  });

  it('are single packets with complete checksums for a device without offloads', () => {
    for (const family of [4, 6] as const) {
      const segments = row([100, 100, 33], { ...PLAIN, family });
      const device = join(segments, false);
      expect(device.frames).toHaveLength(3);
      for (const frame of device.frames) {
        expect([...frame.slice(0, VIRTIO_HEADER_BYTES)]).toEqual(Array(10).fill(0));
        expect(verifyChecksum(frame, VIRTIO_HEADER_BYTES, frame.length)).toBe(true);
      }
      expect(device.packets).toEqual(segments.map((segment) => packetOf(segment)));
    }
  });

  it('are UDP, whose sum is never the zero that means none', () => {
    const packet = new Uint8Array(30);
    packet.set([0x45, 0, 0, 30, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
    // Ports, length and payload add up to 0xffff, whose complement is 0.
    packet.set([0, 1, 0, 2, 0, 10, 0, 0, 0xff, 0xff - 13], 20);
    const device = new Written(false);
    expect(new PacketJoiner(device).add(packet, 0, 30, true)).toBe(true);
    const written = device.frames[0]!.slice(VIRTIO_HEADER_BYTES);
    expect([written[26], written[27]]).toEqual([0xff, 0xff]);
    const offloading = new Written(true);
    new PacketJoiner(offloading).add(packet, 0, 30, true);
    const frame = offloading.frames[0]!;
    expect([...frame.slice(0, 10)]).toEqual([1, 0, 0, 0, 0, 0, 20, 0, 6, 0]);
  });

  it('are dropped when they claim an open checksum and have none', () => {
    const cases: [string, (packet: Uint8Array) => void][] = [
      ['a fragment', (packet) => packet.fill(0x20, 6, 7)],
      ['a later fragment', (packet) => packet.fill(0x01, 7, 8)],
      ['another protocol', (packet) => packet.fill(1, 9, 10)],
      ['TCP that is cut short', (packet) => packet.fill(0x4a, 0, 1)],
      ['a TCP header behind the end', (packet) => packet.fill(0xf0, 32, 33)],
      ['a TCP header that is too short', (packet) => packet.fill(0x40, 32, 33)],
    ];
    for (const [name, spoil] of cases) {
      const packet = packetOf({ ...PLAIN, payload: counting(10) }, true);
      spoil(packet);
      const device = new Written(true);
      const joiner = new PacketJoiner(device);
      expect(joiner.add(packet, 0, packet.length, true), name).toBe(false);
      joiner.flush();
      expect([device.frames.length, joiner.counters.packets], name).toEqual([0, 0]);
    }
  });

  it('are counted when the device does not take them', () => {
    const device = new Written(true);
    device.takes = false;
    const joiner = new PacketJoiner(device);
    const packets = row([100, 100, 50]).map((segment) => packetOf(segment, true));
    addAll(joiner, packets, true);
    addAll(joiner, [packetOf(PLAIN)], false);
    expect(joiner.counters).toEqual({ packets: 4, frames: 2, refused: 4 });
  });
});

describe('a packet of anything', () => {
  /** Whole by its own length, as a port hands it over, and often nearly right otherwise. */
  const packets = fc
    .record({
      bytes: fc.uint8Array({ minLength: 40, maxLength: 120 }),
      first: fc.constantFrom(0x45, 0x46, 0x4f, 0x60),
      protocol: fc.constantFrom(6, 17, 1),
      isPartial: fc.boolean(),
      hasFragment: fc.boolean(),
      dataOffset: fc.constantFrom(0x50, 0x60, 0xf0, 0),
    })
    .map(({ bytes, first, protocol, isPartial, hasFragment, dataOffset }) => {
      const packet = bytes.slice();
      packet[0] = first;
      packet[first === 0x60 ? 6 : 9] = protocol;
      if (first !== 0x60 && !hasFragment) packet.fill(0, 6, 8);
      packet.fill(dataOffset, 32, 33);
      if (first === 0x60 && packet.length > 52) packet[52] = dataOffset;
      return { packet, isPartial };
    });

  function outcome(
    drawn: readonly { packet: Uint8Array; isPartial: boolean }[],
    offloads: boolean,
    fill: number,
  ) {
    const device = new Written(offloads, fill);
    const joiner = new PacketJoiner(device);
    const answers = drawn.map(({ packet, isPartial }) => {
      const memory = new Uint8Array(packet.length + 90).fill(fill);
      memory.set(packet, 7);
      return joiner.add(memory, 7, 7 + packet.length, isPartial);
    });
    joiner.flush();
    return { answers, frames: device.frames };
  }

  it('does not throw, and nothing that is written depends on the memory around it', () => {
    fc.assert(
      fc.property(
        fc.array(packets, { minLength: 1, maxLength: 4 }),
        fc.boolean(),
        (drawn, offloads) => {
          const one = outcome(drawn, offloads, 0x00);
          expect(outcome(drawn, offloads, 0xff)).toEqual(one);
          expect(outcome(drawn, offloads, 0x11)).toEqual(one);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
