import { expect } from 'vitest';
import { type FrameWriter, PacketJoiner } from '../../../src/core/offload/packet-joiner.js';
import { VIRTIO_HEADER_BYTES } from '../../../src/core/offload/virtio-header.js';
import { counting, cutWritten, PLAIN, packetOf, type Segment } from './segments.js';

/** A device that remembers what is written to it. */
export class Written implements FrameWriter {
  readonly offloads: boolean;
  readonly frames: Uint8Array[] = [];
  takes = true;
  readonly #memory: Uint8Array;

  constructor(offloads: boolean, fill = 0xa5) {
    this.offloads = offloads;
    this.#memory = new Uint8Array(VIRTIO_HEADER_BYTES + 65_535).fill(fill);
  }

  reserve(): Uint8Array {
    return this.#memory;
  }

  write(bytes: number): boolean {
    this.frames.push(this.#memory.slice(0, bytes));
    return this.takes;
  }

  /** All packets that the system gets, with complete checksums. */
  get packets(): Uint8Array[] {
    return this.frames.flatMap(cutWritten);
  }
}

/** Adds packets as they come out of a message: in the middle of other bytes. */
export function addAll(
  joiner: PacketJoiner,
  packets: readonly Uint8Array[],
  isPartial: boolean,
): void {
  for (const packet of packets) {
    const message = new Uint8Array(packet.length + 9).fill(0xa5);
    message.set(packet, 4);
    expect(joiner.add(message, 4, 4 + packet.length, isPartial)).toBe(true);
  }
}

/** Joins segments whose checksums are open. */
export function join(segments: readonly Segment[], offloads = true): Written {
  const device = new Written(offloads);
  const joiner = new PacketJoiner(device);
  const packets = segments.map((segment) => packetOf(segment, true));
  addAll(joiner, packets, true);
  joiner.flush();
  expect(joiner.isPending).toBe(false);
  expect(joiner.counters.packets).toBe(segments.length);
  expect(joiner.counters.frames).toBe(device.frames.length);
  return device;
}

/** Segments of one flow, one behind the other. */
export function row(lengths: readonly number[], base: Segment = PLAIN): Segment[] {
  let { sequence, id } = base;
  return lengths.map((length, i) => {
    const segment = { ...base, sequence, id, payload: counting(length, i) };
    sequence = (sequence + length) % 2 ** 32;
    id = (id + 1) % 65_536;
    return segment;
  });
}
