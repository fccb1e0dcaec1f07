import {
  type FrameBytes,
  type FrameRecycler,
  QueuedFrame,
} from '../../../src/core/offload/queued-frame.js';
import {
  GsoType,
  NEEDS_CHECKSUM,
  setVirtioField,
  VIRTIO_HEADER_BYTES,
  VirtioField,
  virtioField,
} from '../../../src/core/offload/virtio-header.js';

export const ACK = 0x10;
export const PSH = 0x08;
export const FIN = 0x01;
export const CWR = 0x80;
export const ECE = 0x40;

/** A TCP segment, as a person would write it down. */
export interface Segment {
  readonly family: 4 | 6;
  /** Options of IPv4, a multiple of 4 bytes. */
  readonly ipOptions: Uint8Array;
  readonly tcpOptions: Uint8Array;
  readonly trafficClass: number;
  readonly ttl: number;
  readonly id: number;
  readonly port: number;
  readonly sequence: number;
  readonly acknowledged: number;
  readonly window: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

export const PLAIN: Segment = {
  family: 4,
  ipOptions: new Uint8Array(0),
  tcpOptions: new Uint8Array(0),
  trafficClass: 0,
  ttl: 64,
  id: 7,
  port: 443,
  sequence: 1_000,
  acknowledged: 2_000,
  window: 500,
  flags: ACK,
  payload: new Uint8Array(0),
};

/** Bytes that differ from their neighbours. */
export function counting(bytes: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => (i + from) * 7 + (i >> 8));
}

/** The checksum of RFC 1071, word by word. */
export function naiveSum(...parts: readonly Uint8Array[]): number {
  let sum = 0;
  for (const part of parts) {
    for (let i = 0; i < part.length; i++) {
      sum += i % 2 === 0 ? part[i]! * 256 : part[i]!;
      if (sum > 0xffff) sum -= 0xffff;
    }
  }
  return sum;
}

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = Math.floor(value / 256) % 256;
  bytes[at + 1] = value % 256;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  put16(bytes, at, Math.floor(value / 65_536));
  put16(bytes, at + 2, value % 65_536);
}

/** Where TCP begins in a packet of {@link packetOf}. */
export function tcpOffset({ family, ipOptions }: Segment): number {
  return family === 4 ? 20 + ipOptions.length : 40;
}

export function headerBytes(segment: Segment): number {
  return tcpOffset(segment) + 20 + segment.tcpOptions.length;
}

/** The pseudo header of a packet whose transport begins at `at`. */
function pseudoHeader(packet: Uint8Array, at: number, protocol: number): Uint8Array {
  const isV6 = (packet[0]! & 0x70) === 0x60;
  const addresses = isV6 ? packet.slice(8, 40) : packet.slice(12, 20);
  const pseudo = new Uint8Array(addresses.length + 4);
  pseudo.set(addresses);
  put16(pseudo, addresses.length, protocol);
  put16(pseudo, addresses.length + 2, packet.length - at);
  return pseudo;
}

/** @param isPartial whether the TCP checksum is that of the pseudo header only */
export function packetOf(segment: Segment, isPartial = false): Uint8Array {
  const tcp = tcpOffset(segment);
  const headers = headerBytes(segment);
  const packet = new Uint8Array(headers + segment.payload.length);
  if (segment.family === 4) {
    packet[0] = 0x40 + tcp / 4;
    packet[1] = segment.trafficClass;
    put16(packet, 2, packet.length);
    put16(packet, 4, segment.id);
    packet[6] = 0x40;
    packet[8] = segment.ttl;
    packet[9] = 6;
    packet.set([10, 8, 0, 2, 192, 168, 7, 9], 12);
    packet.set(segment.ipOptions, 20);
    put16(packet, 10, 0xffff - naiveSum(packet.subarray(0, tcp)));
  } else {
    packet[0] = 0x60;
    packet[1] = segment.trafficClass;
    put16(packet, 4, packet.length - 40);
    packet[6] = 6;
    packet[7] = segment.ttl;
    packet.set([0xfd, 0, 1, 2], 8);
    packet.set([0x20, 1, 0xd, 0xb8], 24);
    packet[39] = 5;
  }
  put16(packet, tcp, 50_000);
  put16(packet, tcp + 2, segment.port);
  put32(packet, tcp + 4, segment.sequence);
  put32(packet, tcp + 8, segment.acknowledged);
  packet[tcp + 12] = ((headers - tcp) / 4) * 16;
  packet[tcp + 13] = segment.flags;
  put16(packet, tcp + 14, segment.window);
  packet.set(segment.tcpOptions, tcp + 20);
  packet.set(segment.payload, headers);
  put16(packet, tcp + 16, naiveSum(pseudoHeader(packet, tcp, 6)));
  return isPartial ? packet : completed(packet, tcp);
}

/** A packet whose partial TCP checksum is complete. */
export function completed(packet: Uint8Array, tcp: number): Uint8Array {
  const copy = packet.slice();
  copy[0]! &= 0x7f;
  put16(copy, tcp + 16, 0xffff - naiveSum(copy.subarray(tcp)));
  return copy;
}

/** A frame of one super-packet, as the kernel makes them. */
export function superFrame(segment: Segment, gsoSize: number): Uint8Array {
  const frame = new Uint8Array(VIRTIO_HEADER_BYTES + headerBytes(segment) + segment.payload.length);
  frame.set(packetOf(segment, true), VIRTIO_HEADER_BYTES);
  frame[VirtioField.flags] = NEEDS_CHECKSUM;
  frame[VirtioField.gsoType] = segment.family === 4 ? GsoType.Tcp4 : GsoType.Tcp6;
  setVirtioField(frame, VirtioField.headerLength, headerBytes(segment));
  setVirtioField(frame, VirtioField.gsoSize, gsoSize);
  setVirtioField(frame, VirtioField.checksumStart, tcpOffset(segment));
  setVirtioField(frame, VirtioField.checksumOffset, 16);
  return frame;
}

/** A frame of one packet. */
export function plainFrame(packet: Uint8Array): Uint8Array {
  const frame = new Uint8Array(VIRTIO_HEADER_BYTES + packet.length);
  frame.set(packet, VIRTIO_HEADER_BYTES);
  return frame;
}

/** What a super-packet is when it is cut, piece by piece, written from RFC 9293 and RFC 3168. */
export function naivePieces(segment: Segment, payloadBytes: number): Segment[] {
  const pieces: Segment[] = [];
  for (let from = 0; from < segment.payload.length; from += payloadBytes) {
    const isLast = from + payloadBytes >= segment.payload.length;
    const first = from === 0 ? 0 : CWR;
    const last = isLast ? 0 : PSH | FIN;
    pieces.push({
      ...segment,
      id: (segment.id + pieces.length) % 65_536,
      sequence: (segment.sequence + from) % 2 ** 32,
      flags: segment.flags & ~first & ~last,
      payload: segment.payload.slice(from, from + payloadBytes),
    });
  }
  return pieces;
}

/** Counts how often frames and items come back. */
export class Returns implements FrameRecycler {
  released = 0;
  recycled = 0;

  recycle(): void {
    this.recycled++;
  }

  frame(bytes: Uint8Array, length: number = bytes.length): FrameBytes {
    return { bytes, length, release: () => this.released++ };
  }

  /** @returns undefined when the frame is not what it says */
  load(bytes: Uint8Array, maxPacketBytes: number, length?: number): QueuedFrame | undefined {
    const queued = new QueuedFrame(this);
    return queued.load(this.frame(bytes, length), maxPacketBytes) ? queued : undefined;
  }
}

/** Takes all packets, each into bytes of its own. */
export function takeAll(frame: QueuedFrame): Uint8Array[] {
  const packets: Uint8Array[] = [];
  while (frame.nextBytes > 0) {
    const out = new Uint8Array(frame.nextBytes);
    frame.take(out, 0);
    packets.push(out);
  }
  return packets;
}

/** Cuts a frame that was written to a device, as the kernel would. */
export function cutWritten(frame: Uint8Array): Uint8Array[] {
  const tcp = virtioField(frame, VirtioField.checksumStart);
  if ((frame[VirtioField.flags]! & NEEDS_CHECKSUM) === 0) return [frame.slice(VIRTIO_HEADER_BYTES)];
  if (frame[VirtioField.gsoType] === GsoType.None) {
    return [completed(frame.slice(VIRTIO_HEADER_BYTES), tcp)];
  }
  const packet = frame.slice(VIRTIO_HEADER_BYTES);
  const headers = virtioField(frame, VirtioField.headerLength);
  const size = virtioField(frame, VirtioField.gsoSize);
  const segment = readSegment(packet, tcp, headers);
  return naivePieces(segment, size).map((piece) => packetOf(piece));
}

/** What stands in a packet of {@link packetOf}, its payload from `headers` on. */
function readSegment(packet: Uint8Array, tcp: number, headers: number): Segment {
  const view = new DataView(packet.buffer);
  const isV4 = packet[0]! >> 4 === 4;
  return {
    family: isV4 ? 4 : 6,
    ipOptions: isV4 ? packet.slice(20, tcp) : new Uint8Array(0),
    tcpOptions: packet.slice(tcp + 20, headers),
    trafficClass: packet[1]!,
    ttl: packet[isV4 ? 8 : 7]!,
    id: isV4 ? view.getUint16(4) : 0,
    port: view.getUint16(tcp + 2),
    sequence: view.getUint32(tcp + 4),
    acknowledged: view.getUint32(tcp + 8),
    window: view.getUint16(tcp + 14),
    flags: packet[tcp + 13]!,
    payload: packet.slice(headers),
  };
}
