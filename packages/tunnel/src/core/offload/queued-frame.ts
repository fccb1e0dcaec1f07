import {
  fold,
  IP4_MIN_BYTES,
  IP6_BYTES,
  Ip4,
  Ip6,
  PARTIAL_CHECKSUM,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  setU16,
  setU32,
  TCP_CWR,
  TCP_FIN,
  TCP_MIN_BYTES,
  TCP_PSH,
  Tcp,
  UDP_CHECKSUM,
  UDP_HEADER_BYTES,
  u16,
  u32,
  wordSum,
} from '../ip/packet-fields.js';
import { completeOpenChecksum } from './open-checksum.js';
import {
  GsoType,
  gsoTypeOf,
  NEEDS_CHECKSUM,
  VIRTIO_HEADER_BYTES,
  VirtioField,
  virtioField,
} from './virtio-header.js';

/** A frame as a device reads it: header, packet or super-packet. */
export interface FrameBytes {
  readonly bytes: Uint8Array;
  readonly length: number;
  release(): void;
}

/** More fragments follow, or this is not the first. */
const FRAGMENT_BITS = 0x3fff;

/** Where finished items go to be used again. */
export interface FrameRecycler {
  recycle(frame: QueuedFrame): void;
}

/**
 * A frame that waits to leave, packet by packet: a super-packet is cut only when a datagram is
 * written, so that what is dropped before costs nothing and no payload is copied twice.
 */
export class QueuedFrame {
  /** For the queue: which flow it belongs to, since when it waits, what stands behind it. */
  flowHash = 0;
  queuedAt = 0;
  next: QueuedFrame | undefined = undefined;
  /** Bytes of the packet that is cut next; 0 when none is left. */
  nextBytes = 0;
  /** Bytes of all packets that are left. */
  bytesLeft = 0;
  readonly #recycler: FrameRecycler;
  #frame: FrameBytes | undefined;
  #bytes: Uint8Array = new Uint8Array(0);
  /** Of the packet in the frame; of a super-packet also where its headers end and TCP begins. */
  #end = 0;
  #tcp = 0;
  #payload = 0;
  #segment = 0;
  #isCut = false;
  #isPartial = false;
  #ipSum = 0;
  #pseudoSum = 0;
  #sequence = 0;
  #id = 0;
  #flags = 0;

  constructor(recycler: FrameRecycler) {
    this.#recycler = recycler;
  }

  /**
   * Takes a frame.
   *
   * @param maxPacketBytes no packet that is cut is longer; one that is not to be cut may be
   * @returns false when the frame is not what it says: it is then the caller's to release
   */
  load(frame: FrameBytes, maxPacketBytes: number): boolean {
    const { bytes, length } = frame;
    this.#bytes = bytes;
    this.#end = length;
    const isSound =
      gsoTypeOf(bytes) === GsoType.None ? this.#loadSingle() : this.#loadSuper(maxPacketBytes);
    if (!isSound) return false;
    this.#frame = frame;
    return true;
  }

  /** Bytes of memory that it holds, however short its packets are. */
  get heldBytes(): number {
    return this.#bytes.length;
  }

  /** Writes the next packet to `out` at `at`, where {@link nextBytes} bytes are free. */
  take(out: Uint8Array, at: number): void {
    if (this.#isCut) this.#cut(out, at);
    else out.set(this.#bytes.subarray(VIRTIO_HEADER_BYTES, this.#end), at);
    if (this.#isPartial) out[at]! |= PARTIAL_CHECKSUM;
    this.#advance();
  }

  /** Gives the next packet up. */
  dropNext(): void {
    this.#advance();
  }

  /** Gives the frame back, and this object to be used again. */
  release(): void {
    this.#frame?.release();
    this.#frame = undefined;
    this.next = undefined;
    this.#recycler.recycle(this);
  }

  #loadSingle(): boolean {
    this.#isCut = false;
    this.#isPartial = (this.#bytes[VirtioField.flags]! & NEEDS_CHECKSUM) !== 0;
    if (this.#isPartial && !this.#isPlainTransport()) {
      if (!completeOpenChecksum(this.#bytes, this.#end)) return false;
      this.#isPartial = false;
    }
    this.nextBytes = this.#end - VIRTIO_HEADER_BYTES;
    this.bytesLeft = this.nextBytes;
    return this.nextBytes > 0;
  }

  /** Whether the far side finds the checksum where the system put it: right behind the IP header. */
  #isPlainTransport(): boolean {
    const bytes = this.#bytes;
    const ip = VIRTIO_HEADER_BYTES;
    const isV6 = bytes[ip]! >> 4 === 6;
    const protocol = isV6 ? bytes[ip + Ip6.nextHeader]! : bytes[ip + Ip4.protocol]!;
    const transport = isV6 ? IP6_BYTES : (bytes[ip]! & 15) << 2;
    if (!isV6 && isFragment4(bytes)) return false;
    if (virtioField(bytes, VirtioField.checksumStart) !== transport) return false;
    if (ip + transport + UDP_HEADER_BYTES > this.#end) return false;
    const offset = virtioField(bytes, VirtioField.checksumOffset);
    if (protocol === PROTOCOL_TCP) return offset === Tcp.checksum;
    return protocol === PROTOCOL_UDP && offset === UDP_CHECKSUM;
  }

  #loadSuper(maxPacketBytes: number): boolean {
    const bytes = this.#bytes;
    const ip = VIRTIO_HEADER_BYTES;
    const isV6 = gsoTypeOf(bytes) === GsoType.Tcp6;
    if (!isV6 && gsoTypeOf(bytes) !== GsoType.Tcp4) return false;
    this.#tcp = ip + virtioField(bytes, VirtioField.checksumStart);
    if (this.#tcp + TCP_MIN_BYTES > this.#end || !this.#isTcpBehindIp(isV6)) return false;
    this.#payload = this.#tcp + ((bytes[this.#tcp + Tcp.offset]! >> 4) << 2);
    const headers = this.#payload - ip;
    const gsoSize = virtioField(bytes, VirtioField.gsoSize);
    this.#segment = Math.min(gsoSize, maxPacketBytes - headers);
    if (this.#payload >= this.#end || this.#payload < this.#tcp + TCP_MIN_BYTES) return false;
    if (this.#segment <= 0) return false;
    this.#isCut = true;
    this.#isPartial = true;
    this.#noteHeaders(isV6);
    const payloadBytes = this.#end - this.#payload;
    const segments = Math.ceil(payloadBytes / this.#segment);
    this.bytesLeft = payloadBytes + segments * headers;
    this.nextBytes = headers + Math.min(this.#segment, payloadBytes);
    return true;
  }

  /** With anything between the headers, the far side would not look for the checksum there. */
  #isTcpBehindIp(isV6: boolean): boolean {
    const bytes = this.#bytes;
    const ip = VIRTIO_HEADER_BYTES;
    if (bytes[ip]! >> 4 !== (isV6 ? 6 : 4)) return false;
    if (bytes[ip + (isV6 ? Ip6.nextHeader : Ip4.protocol)] !== PROTOCOL_TCP) return false;
    if (isV6) return this.#tcp === ip + IP6_BYTES;
    if (isFragment4(bytes)) return false;
    const headerBytes = (bytes[ip]! & 15) << 2;
    return headerBytes >= IP4_MIN_BYTES && this.#tcp === ip + headerBytes;
  }

  /** What the headers of all segments have in common, so that each only adds its own. */
  #noteHeaders(isV6: boolean): void {
    const bytes = this.#bytes;
    const ip = VIRTIO_HEADER_BYTES;
    this.#sequence = u32(bytes, this.#tcp + Tcp.sequence);
    this.#flags = bytes[this.#tcp + Tcp.flags]!;
    const addresses = ip + (isV6 ? Ip6.source : Ip4.source);
    this.#pseudoSum = PROTOCOL_TCP + wordSum(bytes, addresses, addresses + (isV6 ? 32 : 8));
    if (isV6) return;
    this.#id = u16(bytes, ip + Ip4.id);
    setU16(bytes, ip + Ip4.length, 0);
    setU16(bytes, ip + Ip4.id, 0);
    setU16(bytes, ip + Ip4.checksum, 0);
    this.#ipSum = wordSum(bytes, ip, this.#tcp);
  }

  #cut(out: Uint8Array, at: number): void {
    const bytes = this.#bytes;
    const ip = VIRTIO_HEADER_BYTES;
    const headers = this.#payload - ip;
    const from = this.#cursor;
    const payloadBytes = this.nextBytes - headers;
    for (let i = 0; i < headers; i++) out[at + i] = bytes[ip + i]!;
    out.set(bytes.subarray(from, from + payloadBytes), at + headers);
    const tcp = at + this.#tcp - ip;
    setU32(out, tcp + Tcp.sequence, this.#sequence);
    out[tcp + Tcp.flags] = this.#flagsOf(from === this.#payload, from + payloadBytes === this.#end);
    const tcpBytes = this.nextBytes - (this.#tcp - ip);
    setU16(out, tcp + Tcp.checksum, fold(this.#pseudoSum + tcpBytes));
    if (out[at]! >> 4 === 6) {
      setU16(out, at + Ip6.length, this.nextBytes - IP6_BYTES);
      return;
    }
    setU16(out, at + Ip4.length, this.nextBytes);
    setU16(out, at + Ip4.id, this.#id);
    setU16(out, at + Ip4.checksum, ~fold(this.#ipSum + this.nextBytes + this.#id));
  }

  /** What ends a burst stands on its last segment, what begins one on its first (RFC 3168 6.1.2). */
  #flagsOf(isFirst: boolean, isLast: boolean): number {
    let flags = this.#flags;
    if (!isFirst) flags &= ~TCP_CWR;
    if (!isLast) flags &= ~(TCP_FIN | TCP_PSH);
    return flags;
  }

  /** Where the payload of the next segment begins. */
  get #cursor(): number {
    const headers = this.#payload - VIRTIO_HEADER_BYTES;
    const segments = Math.ceil(this.bytesLeft / (this.#segment + headers));
    return this.#end - (this.bytesLeft - segments * headers);
  }

  #advance(): void {
    this.bytesLeft -= this.nextBytes;
    if (!this.#isCut || this.bytesLeft === 0) {
      this.nextBytes = 0;
      return;
    }
    const headers = this.#payload - VIRTIO_HEADER_BYTES;
    const payloadBytes = this.nextBytes - headers;
    this.#sequence = (this.#sequence + payloadBytes) >>> 0;
    this.#id = (this.#id + 1) & 0xffff;
    this.nextBytes = Math.min(headers + this.#segment, this.bytesLeft);
  }
}

function isFragment4(frame: Uint8Array): boolean {
  return (u16(frame, VIRTIO_HEADER_BYTES + Ip4.fragment) & FRAGMENT_BITS) !== 0;
}
