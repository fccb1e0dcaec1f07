import { VCLError } from '@vcl-protocol/core';
import {
  MAX_FRAME_BYTES,
  type TunDevice,
  type TunFrame,
  type TunHandler,
  VIRTIO_HEADER_BYTES,
} from './tun-device.js';

/** Options of {@link createMemoryTun}. */
export interface MemoryTunOptions {
  /** `mem0` by default. */
  readonly name?: string;
  /** In bytes; 1420 by default. */
  readonly mtu?: number;
  /** Whether its user may write super-packets and partial checksums; false by default. */
  readonly offloads?: boolean;
  /** How many written frames wait to be taken before {@link TunDevice.write} says no; 1024 by default. */
  readonly queueFrames?: number;
}

/** The system's side of a device that is only memory: what to give it, and what it was given. */
export interface MemoryTun {
  readonly device: TunDevice;
  /** Gives the user packets, copied, each as a frame without offloads; then the device is idle. */
  inject(...packets: Uint8Array[]): void;
  /** The same for whole frames, struct virtio_net_hdr first. */
  injectFrames(...frames: Uint8Array[]): void;
  /** The packets written since the last call, without their headers. */
  take(): Uint8Array[];
  /** The same as whole frames. */
  takeFrames(): Uint8Array[];
  /** As if the system had removed the interface. */
  lose(error: Error): void;
  /** How many frames the user holds: 0 when all were released. */
  readonly heldFrames: number;
  readonly isClosed: boolean;
}

/**
 * A device without a system behind it, for tests and for programs without the right to make
 * interfaces. Everything happens within the calls: there is no time and no waiting in it.
 */
export function createMemoryTun(options: MemoryTunOptions = {}): MemoryTun {
  return new MemorySide(new MemoryDevice(options));
}

class MemoryDevice implements TunDevice {
  readonly name: string;
  readonly mtu: number;
  readonly offloads: boolean;
  readonly written: Uint8Array[] = [];
  readonly #queueFrames: number;
  readonly #reserved = new Uint8Array(MAX_FRAME_BYTES);
  handler: TunHandler | undefined;
  isClosed = false;

  constructor({
    name = 'mem0',
    mtu = 1420,
    offloads = false,
    queueFrames = 1024,
  }: MemoryTunOptions) {
    this.name = name;
    this.mtu = mtu;
    this.offloads = offloads;
    this.#queueFrames = queueFrames;
  }

  start(handler: TunHandler): void {
    if (this.isClosed) {
      throw new VCLError('ConnectionClosed', `the device ${this.name} is closed: create another`);
    }
    this.handler = handler;
  }

  reserve(): Uint8Array {
    return this.#reserved;
  }

  write(bytes: number): boolean {
    const isFrame = bytes > VIRTIO_HEADER_BYTES && bytes <= MAX_FRAME_BYTES;
    if (this.isClosed || !isFrame || this.written.length >= this.#queueFrames) return false;
    this.written.push(this.#reserved.slice(0, bytes));
    return true;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.handler = undefined;
  }
}

class MemorySide implements MemoryTun {
  readonly device: MemoryDevice;
  #heldFrames = 0;

  constructor(device: MemoryDevice) {
    this.device = device;
  }

  get heldFrames(): number {
    return this.#heldFrames;
  }

  get isClosed(): boolean {
    return this.device.isClosed;
  }

  inject(...packets: Uint8Array[]): void {
    this.injectFrames(
      ...packets.map((packet) => {
        const frame = new Uint8Array(VIRTIO_HEADER_BYTES + packet.length);
        frame.set(packet, VIRTIO_HEADER_BYTES);
        return frame;
      }),
    );
  }

  injectFrames(...frames: Uint8Array[]): void {
    for (const bytes of frames) this.device.handler?.onFrame(this.#lend(bytes.slice()));
    this.device.handler?.onIdle();
  }

  take(): Uint8Array[] {
    return this.takeFrames().map((frame) => frame.subarray(VIRTIO_HEADER_BYTES));
  }

  takeFrames(): Uint8Array[] {
    return this.device.written.splice(0);
  }

  lose(error: Error): void {
    const { handler } = this.device;
    this.device.handler = undefined;
    handler?.onLost(error);
  }

  #lend(bytes: Uint8Array): TunFrame {
    this.#heldFrames++;
    let isHeld = true;
    const release = (): void => {
      if (isHeld) this.#heldFrames--;
      isHeld = false;
    };
    return { bytes, length: bytes.length, release };
  }
}
