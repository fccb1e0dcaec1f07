import { clampMss } from '../core/ip/clamp-mss.js';
import { flowHash } from '../core/ip/flow-hash.js';
import { PacketJoiner } from '../core/offload/packet-joiner.js';
import { QueuedFrame } from '../core/offload/queued-frame.js';
import {
  GsoType,
  gsoTypeOf,
  NEEDS_CHECKSUM,
  VIRTIO_HEADER_BYTES,
  VirtioField,
} from '../core/offload/virtio-header.js';
import { innerPacketBytes } from '../core/port/inner-packet.js';
import type { PacketTaker, TunnelPort } from '../core/port/tunnel-port.js';
import type { TunDevice, TunFrame, TunHandler } from '../device/tun-device.js';
import { FrameRefuser } from './frame-refuser.js';

/** One way into the tunnel: a session, or where there will be one again. */
export interface LinkPeer {
  readonly port: TunnelPort;
  /** The longest packet that goes to it. */
  readonly mtu: number;
  /** Its port has something to send. */
  ready(): void;
}

/** Decides which packet goes where. */
export interface LinkRouter {
  /** Where the packet in `bytes[start, end)` goes; undefined drops it. */
  peerFor(bytes: Uint8Array, start: number, end: number): LinkPeer | undefined;
  /** The device is gone. */
  onDeviceLost(error: Error): void;
}

/** What a link dropped, and why. */
export interface LinkCounters {
  /** Frames whose headers are not what the system says they are. */
  malformed: number;
  /** Packets that nobody in the tunnel is the destination of. */
  noRoute: number;
  /** Packets that were too long, and whose sender was told. */
  tooBig: number;
}

/** What a TCP header and an IP header take of a packet at least. */
const TCP4_HEADERS_BYTES = 40;
const TCP6_HEADERS_BYTES = 60;

/** Between a TUN device and the ports of sessions: frames go out by destination, packets come in joined. */
export class TunLink implements TunHandler, PacketTaker {
  readonly counters: LinkCounters = { malformed: 0, noRoute: 0, tooBig: 0 };
  readonly device: TunDevice;
  readonly joiner: PacketJoiner;
  readonly #router: LinkRouter;
  readonly #refuser: FrameRefuser;
  readonly #hashSeed: number;
  readonly #free: QueuedFrame[] = [];
  /** Ports that were given something since the device was last idle. */
  readonly #touched = new Set<LinkPeer>();
  #isFlushDue = false;
  #isClosed = false;

  /** @param hashSeed random bits, so that nobody can choose which flows share a queue */
  constructor(device: TunDevice, router: LinkRouter, hashSeed: number) {
    this.device = device;
    this.joiner = new PacketJoiner(device);
    this.#router = router;
    this.#hashSeed = hashSeed;
    this.#refuser = new FrameRefuser(device);
  }

  start(): void {
    this.device.start(this);
  }

  /** Closes the device. Packets that still come out of the tunnel are dropped. */
  async close(): Promise<void> {
    this.joiner.flush();
    this.#isClosed = true;
    await this.device.close();
  }

  onFrame(frame: TunFrame): void {
    const { bytes, length } = frame;
    const start = VIRTIO_HEADER_BYTES;
    const isSuper = gsoTypeOf(bytes) !== GsoType.None;
    if (!isWhole(bytes, start, length, isSuper)) {
      this.counters.malformed++;
      frame.release();
      return;
    }
    const peer = this.#router.peerFor(bytes, start, length);
    if (peer === undefined) {
      this.counters.noRoute++;
      frame.release();
      return;
    }
    if (!isSuper) {
      const [mss4, mss6] = [peer.mtu - TCP4_HEADERS_BYTES, peer.mtu - TCP6_HEADERS_BYTES];
      const isPartial = (bytes[VirtioField.flags]! & NEEDS_CHECKSUM) !== 0;
      clampMss(bytes, start, length, mss4, mss6, isPartial);
      if (length - start > peer.mtu) {
        this.#refuseLong(frame, peer);
        return;
      }
    }
    this.#enqueue(frame, peer);
  }

  onIdle(): void {
    for (const peer of this.#touched) peer.ready();
    this.#touched.clear();
  }

  onLost(error: Error): void {
    this.#router.onDeviceLost(error);
  }

  /** A packet out of the tunnel, for the device. */
  onPacket(bytes: Uint8Array, start: number, end: number, isPartial: boolean): void {
    // The memory that frames were joined in may be another device's by now.
    if (this.#isClosed) return;
    if (!this.joiner.add(bytes, start, end, isPartial)) this.counters.malformed++;
    if (!this.joiner.isPending || this.#isFlushDue) return;
    this.#isFlushDue = true;
    setImmediate(this.#flush);
  }

  recycle(frame: QueuedFrame): void {
    this.#free.push(frame);
  }

  #enqueue(frame: TunFrame, peer: LinkPeer): void {
    const { bytes, length } = frame;
    // Before it is loaded: cutting changes the headers in place.
    const hash = flowHash(bytes, VIRTIO_HEADER_BYTES, length, this.#hashSeed);
    const queued = this.#free.pop() ?? new QueuedFrame(this);
    if (!queued.load(frame, peer.mtu)) {
      this.counters.malformed++;
      this.#free.push(queued);
      frame.release();
      return;
    }
    queued.flowHash = hash;
    peer.port.queue.enqueue(queued, performance.now());
    this.#touched.add(peer);
  }

  /** In pieces, where that is allowed; else its sender is told, so that nothing vanishes (RFC 4821). */
  #refuseLong(frame: TunFrame, peer: LinkPeer): void {
    // The answer is written where a joined frame may be under way.
    this.joiner.flush();
    const isSound = this.#refuser.refuse(frame, peer.mtu, (piece) => this.#enqueue(piece, peer));
    if (isSound) this.counters.tooBig++;
    else this.counters.malformed++;
    frame.release();
  }

  readonly #flush = (): void => {
    this.#isFlushDue = false;
    this.joiner.flush();
  };
}

/**
 * Whether a frame is one IP packet and nothing else: what is longer or shorter than its own header
 * says would take the packets behind it in the message with it. The bit of the wire is none of IP.
 */
function isWhole(bytes: Uint8Array, start: number, end: number, isSuper: boolean): boolean {
  if (end <= start || bytes[start]! >> 7 !== 0) return false;
  // A super-packet's own length may be left open; it is cut by that of the frame.
  return isSuper || innerPacketBytes(bytes, start, end) === end - start;
}
