import { VIRTIO_HEADER_BYTES } from '../core/offload/virtio-header.js';

/**
 * One frame that a device has read: struct virtio_net_hdr (see {@link VIRTIO_HEADER_BYTES}), then an
 * IP packet, which may be a super-packet that the system leaves to be cut. It belongs to whoever got
 * it, contents included, until {@link TunFrame.release}.
 */
export interface TunFrame {
  /** Frame bytes `[0, length)`; the memory behind them belongs to the device. */
  readonly bytes: Uint8Array;
  /** Header and packet, in bytes. */
  readonly length: number;
  /** Gives the memory back, once. A device without memory reads nothing. */
  release(): void;
}

/** What a device tells its user, from the event loop. */
export interface TunHandler {
  /** A packet came from the system. */
  onFrame(frame: TunFrame): void;
  /** Nothing more is there right now: what was collected may leave. */
  onIdle(): void;
  /** The device is gone, or was never readable: the last call. */
  onLost(error: Error): void;
}

/** struct virtio_net_hdr, the first bytes of each frame; zeros where the system offloads nothing. */
export { VIRTIO_HEADER_BYTES } from '../core/offload/virtio-header.js';

/** The longest frame: the header and the longest IP packet. */
export const MAX_FRAME_BYTES: number = VIRTIO_HEADER_BYTES + 65_535;

/** A network interface whose packets this process reads and writes. */
export interface TunDevice {
  /** As the system has it, such as `vcl0`. */
  readonly name: string;
  /** The longest IP packet that it is given whole, in bytes. */
  readonly mtu: number;
  /**
   * Whether frames may be super-packets and may leave checksums to the other side, both ways. If not,
   * each frame is one packet of at most {@link mtu} bytes with complete checksums.
   */
  readonly offloads: boolean;
  /** Packets go to `handler` from here on. */
  start(handler: TunHandler): void;
  /** Where the next frame is to be written, at least {@link MAX_FRAME_BYTES}; the same until {@link write}. */
  reserve(): Uint8Array;
  /**
   * Hands the first `bytes` bytes of the reserved memory to the system.
   *
   * @returns whether it took them; otherwise the frame is lost, as on any full queue
   */
  write(bytes: number): boolean;
  /** Resolves when the interface is gone. Nothing is read or written meanwhile. */
  close(): Promise<void>;
}
