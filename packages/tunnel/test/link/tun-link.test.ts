import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { verifyChecksum } from '../../src/core/ip/checksum.js';
import { ParsedPacket } from '../../src/core/ip/parsed-packet.js';
import {
  NEEDS_CHECKSUM,
  setVirtioField,
  VirtioField,
} from '../../src/core/offload/virtio-header.js';
import { TunnelPort } from '../../src/core/port/tunnel-port.js';
import { CircuitBreaker } from '../../src/core/queue/circuit-breaker.js';
import { FlowQueue } from '../../src/core/queue/flow-queue.js';
import { createMemoryTun } from '../../src/device/memory-tun.js';
import { type LinkPeer, TunLink } from '../../src/link/tun-link.js';
import {
  counting,
  cutWritten,
  naivePieces,
  PLAIN,
  packetOf,
  plainFrame,
  type Segment,
  superFrame,
} from '../core/offload/segments.js';
import { FakeKernel } from '../device/fake-kernel.js';

const MTU = 1_000;

/** A link with one peer, and all that its port sends. */
function link({ offloads = true, hasPeer = true } = {}) {
  const tun = createMemoryTun({ offloads });
  const lost: Error[] = [];
  let readies = 0;
  const router = {
    peerFor: () => (hasPeer ? peer : undefined),
    onDeviceLost: (error: Error) => lost.push(error),
  };
  const made = new TunLink(tun.device, router, 5);
  const port = new TunnelPort(new FlowQueue(), new CircuitBreaker(() => 0), made);
  const peer: LinkPeer = { port, mtu: MTU, ready: () => readies++ };
  made.start();
  /** What waits, one packet a message. */
  const sent = (): Uint8Array[] => {
    const packets: Uint8Array[] = [];
    for (let bytes = port.peek(0); bytes > 0; bytes = port.peek(0)) {
      const out = new Uint8Array(bytes);
      expect(port.write(out, 0, bytes, 0)).toBe(bytes);
      packets.push(out);
    }
    return packets;
  };
  return { tun, link: made, port, sent, lost, readies: () => readies };
}

/** A segment that may be cut into pieces by routers. */
function withoutDf(segment: Segment): Uint8Array {
  const packet = packetOf(segment);
  packet[6] = 0;
  // The sum of the header counts the bit that is gone.
  const sum = (packet[10]! << 8) + packet[11]! + 0x4000;
  packet[10] = (sum > 0xffff ? sum - 0xffff : sum) >> 8;
  packet[11] = sum > 0xffff ? sum - 0xffff : sum;
  return packet;
}

/** A frame of one TCP packet in an IPv4 packet that may be cut, its checksum `offset` behind both. */
function tunnelled(inner: Uint8Array, offset: number): Uint8Array {
  const outer = withoutDf({ ...PLAIN, payload: new Uint8Array(inner.length - 20) });
  outer[9] = 4;
  outer.set(inner, 20);
  const frame = plainFrame(outer);
  frame[VirtioField.flags] = NEEDS_CHECKSUM;
  setVirtioField(frame, VirtioField.checksumStart, 40);
  setVirtioField(frame, VirtioField.checksumOffset, offset);
  return frame;
}

describe('frames of the device', () => {
  it('leave as packets of the peer they are for, who is told once', () => {
    const { tun, sent, readies } = link();
    const packets = [1, 2, 3].map((bytes) => packetOf({ ...PLAIN, payload: counting(bytes) }));
    tun.inject(...packets);
    expect(readies()).toBe(1);
    expect(sent()).toEqual(packets);
    expect(tun.heldFrames).toBe(0);
    tun.inject();
    expect(readies()).toBe(1);
  });

  it('are cut to what the peer takes', () => {
    const { tun, sent, link: made } = link();
    tun.injectFrames(superFrame({ ...PLAIN, payload: counting(5_000) }, 1_400));
    const pieces = sent();
    const expected = naivePieces({ ...PLAIN, payload: counting(5_000) }, MTU - 40);
    expect(pieces.map((piece) => piece.length)).toEqual(
      expected.map((piece) => packetOf(piece).length),
    );
    expect([tun.heldFrames, made.counters.tooBig]).toEqual([0, 0]);
  });

  it('that are not one whole packet are dropped, as they would spoil others', () => {
    const { tun, sent, link: made } = link();
    const packet = packetOf({ ...PLAIN, payload: counting(20) });
    const marked = packet.slice();
    marked[0] = 0xc5;
    const wrong = [
      Uint8Array.from([...packet, 0]),
      packet.subarray(0, -1),
      packet.subarray(0, 12),
      marked,
      new Uint8Array(60),
      Uint8Array.of(0x45),
      new Uint8Array(0),
    ];
    tun.inject(...wrong);
    const lying = superFrame({ ...PLAIN, payload: counting(100) }, 0);
    tun.injectFrames(lying, new Uint8Array(4));
    expect(sent()).toEqual([]);
    expect(made.counters).toEqual({ malformed: wrong.length + 2, noRoute: 0, tooBig: 0 });
    expect(tun.heldFrames).toBe(0);
    tun.inject(packet);
    expect(sent()).toEqual([packet]);
  });

  it('without a destination are dropped and counted', () => {
    const { tun, link: made } = link({ hasPeer: false });
    tun.inject(packetOf(PLAIN));
    expect([made.counters.noRoute, tun.heldFrames]).toEqual([1, 0]);
  });

  it('have the MSS of a SYN lowered to what fits', () => {
    const { tun, sent } = link();
    const tcpOptions = Uint8Array.of(2, 4, 1_460 >> 8, 1_460 & 255);
    tun.inject(packetOf({ ...PLAIN, flags: 0x02, tcpOptions }));
    const [packet] = sent();
    expect((packet![42]! << 8) + packet![43]!).toBe(MTU - 40);
    expect(verifyChecksum(packet!, 0, packet!.length)).toBe(true);
  });

  it('end with the device', () => {
    const { tun, lost } = link();
    const error = new Error('gone');
    tun.lose(error);
    expect(lost).toEqual([error]);
  });
});

describe('packets that are too long', () => {
  it('leave in pieces where that is allowed', () => {
    const { tun, sent, link: made } = link();
    tun.inject(withoutDf({ ...PLAIN, payload: counting(1_500) }));
    const pieces = sent();
    expect(pieces.length).toBe(2);
    expect(pieces.every((piece) => piece.length <= MTU)).toBe(true);
    const parsed = pieces.map((piece) => ParsedPacket.parse(piece)!);
    expect(parsed.every((piece) => piece.isHeaderChecksumValid)).toBe(true);
    expect([made.counters.tooBig, tun.take().length, tun.heldFrames]).toEqual([1, 0, 0]);
  });

  it('are answered, so that their sender sends shorter ones', () => {
    for (const family of [4, 6] as const) {
      const { tun, sent } = link();
      tun.inject(packetOf({ ...PLAIN, family, payload: counting(1_500) }));
      expect(sent()).toEqual([]);
      const [answer] = tun.take();
      const parsed = ParsedPacket.parse(answer!)!;
      const protocol = answer![family === 4 ? 9 : 6];
      expect(protocol).toBe(family === 4 ? 1 : 58);
      expect(parsed.isTransportChecksumValid()).toBe(true);
      const at = family === 4 ? 20 + 6 : 40 + 6;
      expect((answer![at]! << 8) + answer![at + 1]!).toBe(MTU);
      expect(tun.heldFrames).toBe(0);
    }
  });

  it('have an open checksum completed in their pieces', () => {
    const { tun, sent } = link();
    const segment = { ...PLAIN, payload: counting(1_500) };
    const frame = superFrame(segment, 0);
    frame[1] = 0;
    frame[10 + 6] = 0;
    tun.injectFrames(frame);
    const payload = sent().flatMap((piece) => [...piece.subarray(20)]);
    expect(payload).toEqual([...packetOf(segment).subarray(20)]);
  });

  it('have it completed where the system says that it stands, in a tunnel of its own too', () => {
    const { tun, sent } = link();
    const inner = { ...PLAIN, payload: counting(1_500) };
    tun.injectFrames(tunnelled(packetOf(inner, true), 16));
    const payload = sent().flatMap((piece) => [...piece.subarray(20)]);
    expect(payload).toEqual([...packetOf(inner)]);
  });

  it('are dropped when that place is none', () => {
    const { tun, sent, link: made } = link();
    const inner = packetOf({ ...PLAIN, payload: counting(1_500) }, true);
    tun.injectFrames(tunnelled(inner, inner.length - 21), tunnelled(inner, 60_000));
    expect([sent(), tun.take(), tun.heldFrames]).toEqual([[], [], 0]);
    expect(made.counters).toEqual({ malformed: 2, noRoute: 0, tooBig: 0 });
  });

  it('are not answered without end', () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(1_000_000);
    const { tun } = link();
    const packet = packetOf({ ...PLAIN, payload: counting(1_500) });
    const answersTo = (count: number) => {
      for (let i = 0; i < count; i++) tun.inject(packet);
      return tun.take().length;
    };
    expect(answersTo(500)).toBe(50);
    clock.mockReturnValue(1_000_100);
    expect(answersTo(500)).toBe(10);
    clock.mockRestore();
  });

  it('do not disturb what is being joined', async () => {
    const { tun, link: made } = link();
    const segment = packetOf({ ...PLAIN, payload: counting(100) }, true);
    made.onPacket(segment, 0, segment.length, true);
    tun.inject(packetOf({ ...PLAIN, payload: counting(1_500) }));
    const written = tun.take();
    expect(written).toHaveLength(2);
    expect(written[0]).toEqual(segment);
    await turn();
    expect(tun.take()).toEqual([]);
  });
});

describe('packets of the peer', () => {
  it('are joined until the turn ends', async () => {
    const { tun, link: made } = link();
    const pieces = naivePieces({ ...PLAIN, payload: counting(500) }, 100);
    for (const piece of pieces) {
      const packet = packetOf(piece, true);
      made.onPacket(packet, 0, packet.length, true);
    }
    expect(tun.take()).toEqual([]);
    await turn();
    const frames = tun.take();
    expect(frames.map((frame) => frame.length)).toEqual([540]);
    await turn();
    expect(tun.take()).toEqual([]);
  });

  it('are counted when they claim an open checksum and have none', () => {
    const { tun, link: made } = link();
    const packet = packetOf({ ...PLAIN, payload: counting(10) }, true);
    packet[9] = 1;
    made.onPacket(packet, 0, packet.length, true);
    expect([made.counters.malformed, tun.take().length]).toEqual([1, 0]);
  });
});

describe('a link that was closed', () => {
  const router = { peerFor: () => undefined, onDeviceLost: () => {} };
  const packets = (port: number) =>
    naivePieces({ ...PLAIN, port, payload: counting(300) }, 100).map((one) => packetOf(one, true));

  it('has written what it was joining, and touches no memory that is another device’s', async () => {
    const kernel = new FakeKernel();
    const closed = new TunLink(kernel.device(true), router, 5);
    const memory = closed.device.reserve();
    const [first, ...others] = packets(1);
    closed.onPacket(first!, 0, first!.length, true);
    await closed.close();
    expect(kernel.written.splice(0).flatMap(cutWritten)).toHaveLength(1);
    const next = new TunLink(kernel.device(true), router, 5);
    expect(next.device.reserve()).toBe(memory);
    for (const [i, packet] of packets(2).entries()) {
      next.onPacket(packet, 0, packet.length, true);
      const late = others[i];
      if (late !== undefined) closed.onPacket(late, 0, late.length, true);
    }
    await turn();
    const expected = naivePieces({ ...PLAIN, port: 2, payload: counting(300) }, 100);
    expect(kernel.written.flatMap(cutWritten)).toEqual(expected.map((one) => packetOf(one)));
  });
});
