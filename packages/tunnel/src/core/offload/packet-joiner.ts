import {
  fold,
  IP4_MIN_BYTES,
  IP6_BYTES,
  Ip4,
  Ip6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  setU16,
  TCP_ACK,
  TCP_FIN,
  TCP_MIN_BYTES,
  TCP_PSH,
  Tcp,
  UDP_CHECKSUM,
  u16,
  u32,
  wordSum,
} from '../ip/packet-fields.js';
import {
  GsoType,
  NEEDS_CHECKSUM,
  setVirtioField,
  VIRTIO_HEADER_BYTES,
  VirtioField,
} from './virtio-header.js';

/** Where joined frames go: a TUN device. */
export interface FrameWriter {
  /** Whether it takes super-packets, and checksums that are not complete. */
  readonly offloads: boolean;
  /** Where the next frame is to be written; the same until {@link write}. */
  reserve(): Uint8Array;
  /** @returns whether the system took it */
  write(bytes: number): boolean;
}

/** Counts of one joiner. */
export interface JoinerCounters {
  /** Packets given to it. */
  packets: number;
  /** Frames written to the device, so packets a frame is the gain. */
  frames: number;
  /** Packets in frames that the device did not take. */
  refused: number;
}

/** The longest IP packet. */
const MAX_PACKET_BYTES = 65_535;
const IP = VIRTIO_HEADER_BYTES;

/**
 * Joins neighbouring TCP segments to super-packets on their way to the device, so that the system's
 * own stack is entered once for dozens of packets. Segments are joined when nothing is lost by it:
 * the same headers but for what counts on, and payloads of one length of which the last may be shorter.
 */
export class PacketJoiner {
  readonly counters: JoinerCounters = { packets: 0, frames: 0, refused: 0 };
  readonly #device: FrameWriter;
  /** The frame under way, and what it holds. */
  #frame: Uint8Array = new Uint8Array(0);
  #count = 0;
  #end = 0;
  #tcp = 0;
  #headers = 0;
  #segment = 0;
  #nextSequence = 0;

  constructor(device: FrameWriter) {
    this.#device = device;
  }

  /** Whether a frame waits for {@link flush}. */
  get isPending(): boolean {
    return this.#count > 0;
  }

  /**
   * Takes the packet in `bytes[start, end)`, which is sound as far as its length goes.
   *
   * @param isPartial whether its TCP or UDP checksum is that of the pseudo header only
   * @returns false when it claims that and has no such checksum: it is dropped
   */
  add(bytes: Uint8Array, start: number, end: number, isPartial: boolean): boolean {
    const transport = isPartial ? partialTransport(bytes, start, end) : 0;
    if (transport < 0) return false;
    this.counters.packets++;
    const isTcp = isPartial && transport > 0 && isTcpAt(bytes, start);
    if (!isTcp || !this.#device.offloads) {
      this.flush();
      this.#writeSingle(bytes, start, end, transport);
    } else if (!this.#append(bytes, start, end, transport)) {
      this.flush();
      this.#begin(bytes, start, end, transport);
    }
    return true;
  }

  /** Writes the frame under way. */
  flush(): void {
    if (this.#count === 0) return;
    const frame = this.#frame;
    const packets = this.#count;
    this.#count = 0;
    frame.fill(0, 0, VIRTIO_HEADER_BYTES);
    frame[VirtioField.flags] = NEEDS_CHECKSUM;
    setVirtioField(frame, VirtioField.checksumStart, this.#tcp - IP);
    setVirtioField(frame, VirtioField.checksumOffset, Tcp.checksum);
    if (packets > 1) this.#finishSuper(frame);
    this.#write(this.#end, packets);
  }

  #write(bytes: number, packets: number): void {
    this.counters.frames++;
    if (!this.#device.write(bytes)) this.counters.refused += packets;
  }

  /** Starts a frame; one that nothing can follow is written at once. */
  #begin(bytes: Uint8Array, start: number, end: number, transport: number): void {
    const length = end - start;
    const frame = this.#device.reserve();
    this.#frame = frame;
    frame.set(bytes.subarray(start, end), IP);
    this.#count = 1;
    this.#end = IP + length;
    this.#tcp = IP + transport;
    this.#headers = transport + ((bytes[start + transport + Tcp.offset]! >> 4) << 2);
    this.#segment = length - this.#headers;
    const sequence = u32(bytes, start + transport + Tcp.sequence);
    this.#nextSequence = (sequence + this.#segment) >>> 0;
    const flags = bytes[start + transport + Tcp.flags];
    if (flags !== TCP_ACK || this.#segment <= 0) this.flush();
  }

  /** Adds a segment to the frame under way. @returns whether it belongs there */
  #append(bytes: Uint8Array, start: number, end: number, transport: number): boolean {
    if (this.#count === 0 || IP + transport !== this.#tcp) return false;
    const payloadBytes = end - start - this.#headers;
    if (payloadBytes <= 0 || payloadBytes > this.#segment) return false;
    if (this.#end - IP + payloadBytes > MAX_PACKET_BYTES) return false;
    const tcp = start + transport;
    if (u32(bytes, tcp + Tcp.sequence) !== this.#nextSequence) return false;
    const flags = bytes[tcp + Tcp.flags]!;
    if ((flags & ~(TCP_PSH | TCP_FIN)) !== TCP_ACK) return false;
    if (!this.#hasSameHeaders(bytes, start, tcp)) return false;
    this.#frame.set(bytes.subarray(start + this.#headers, end), this.#end);
    this.#end += payloadBytes;
    this.#count++;
    this.#nextSequence = (this.#nextSequence + payloadBytes) >>> 0;
    if (payloadBytes < this.#segment || flags !== TCP_ACK) {
      this.#frame[this.#tcp + Tcp.flags] = flags;
      this.flush();
    }
    return true;
  }

  /** Whether all but lengths, IPv4 id and checksum, sequence number, flags and checksum agree. */
  #hasSameHeaders(bytes: Uint8Array, start: number, tcp: number): boolean {
    const frame = this.#frame;
    const shift = start - IP;
    if (bytes[start]! >> 4 === 6) {
      if (!isSame(frame, bytes, IP, IP + Ip6.length, shift)) return false;
      if (!isSame(frame, bytes, IP + Ip6.nextHeader, this.#tcp, shift)) return false;
    } else {
      if (!isSame(frame, bytes, IP, IP + Ip4.length, shift)) return false;
      if (!isSame(frame, bytes, IP + Ip4.fragment, IP + Ip4.checksum, shift)) return false;
      if (!isSame(frame, bytes, IP + Ip4.source, this.#tcp, shift)) return false;
    }
    const own = this.#tcp;
    if (!isSame(frame, bytes, own, own + Tcp.sequence, tcp - own)) return false;
    if (!isSame(frame, bytes, own + Tcp.sequence + 4, own + Tcp.flags, tcp - own)) return false;
    if (!isSame(frame, bytes, own + Tcp.flags + 1, own + Tcp.checksum, tcp - own)) return false;
    return isSame(frame, bytes, own + Tcp.checksum + 2, IP + this.#headers, shift);
  }

  #finishSuper(frame: Uint8Array): void {
    const isV6 = frame[IP]! >> 4 === 6;
    const length = this.#end - IP;
    frame[VirtioField.gsoType] = isV6 ? GsoType.Tcp6 : GsoType.Tcp4;
    setVirtioField(frame, VirtioField.headerLength, this.#headers);
    setVirtioField(frame, VirtioField.gsoSize, this.#segment);
    const addresses = IP + (isV6 ? Ip6.source : Ip4.source);
    const sum = wordSum(frame, addresses, addresses + (isV6 ? 32 : 8));
    setU16(frame, this.#tcp + Tcp.checksum, fold(PROTOCOL_TCP + sum + this.#end - this.#tcp));
    if (isV6) {
      setU16(frame, IP + Ip6.length, length - IP6_BYTES);
      return;
    }
    setU16(frame, IP + Ip4.length, length);
    setU16(frame, IP + Ip4.checksum, 0);
    setU16(frame, IP + Ip4.checksum, ~fold(wordSum(frame, IP, this.#tcp)));
  }

  #writeSingle(bytes: Uint8Array, start: number, end: number, transport: number): void {
    const frame = this.#device.reserve();
    frame.fill(0, 0, VIRTIO_HEADER_BYTES);
    frame.set(bytes.subarray(start, end), IP);
    const frameEnd = IP + end - start;
    if (transport > 0) this.#settleChecksum(frame, frameEnd, transport);
    this.#write(frameEnd, 1);
  }

  #settleChecksum(frame: Uint8Array, end: number, transport: number): void {
    const offset = isTcpAt(frame, IP) ? Tcp.checksum : UDP_CHECKSUM;
    if (this.#device.offloads) {
      frame[VirtioField.flags] = NEEDS_CHECKSUM;
      setVirtioField(frame, VirtioField.checksumStart, transport);
      setVirtioField(frame, VirtioField.checksumOffset, offset);
      return;
    }
    const sum = ~fold(wordSum(frame, IP + transport, end)) & 0xffff;
    setU16(frame, IP + transport + offset, sum === 0 ? 0xffff : sum);
  }
}

/** Whether `a[from, to)` equals what stands `shift` further in `b`. */
function isSame(a: Uint8Array, b: Uint8Array, from: number, to: number, shift: number): boolean {
  for (let i = from; i < to; i++) if (a[i] !== b[i + shift]) return false;
  return true;
}

function isTcpAt(bytes: Uint8Array, start: number): boolean {
  const isV6 = bytes[start]! >> 4 === 6;
  return bytes[start + (isV6 ? Ip6.nextHeader : Ip4.protocol)] === PROTOCOL_TCP;
}

/**
 * Where TCP or UDP begins in a packet whose checksum is partial: right behind the IP header, and not
 * in a fragment.
 *
 * @returns -1 when there is no such place
 */
function partialTransport(bytes: Uint8Array, start: number, end: number): number {
  const isV6 = bytes[start]! >> 4 === 6;
  const offset = isV6 ? IP6_BYTES : (bytes[start]! & 15) << 2;
  if (!isV6 && (offset < IP4_MIN_BYTES || (u16(bytes, start + Ip4.fragment) & 0x3fff) !== 0)) {
    return -1;
  }
  const protocol = bytes[start + (isV6 ? Ip6.nextHeader : Ip4.protocol)];
  const left = end - start - offset;
  if (protocol === PROTOCOL_UDP) return left >= 8 ? offset : -1;
  if (protocol !== PROTOCOL_TCP || left < TCP_MIN_BYTES) return -1;
  const headerBytes = (bytes[start + offset + Tcp.offset]! >> 4) << 2;
  return headerBytes >= TCP_MIN_BYTES && headerBytes <= left ? offset : -1;
}
