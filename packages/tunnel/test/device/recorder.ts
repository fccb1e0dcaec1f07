import type { TunFrame, TunHandler } from '../../src/device/tun-device.js';
import { VIRTIO_HEADER_BYTES } from '../../src/device/tun-device.js';

/** A handler that remembers all that it is told. */
export class Recorder implements TunHandler {
  readonly frames: TunFrame[] = [];
  readonly lost: Error[] = [];
  idles = 0;
  /** Whether frames are given back at once; their packets are kept. */
  releases = true;
  readonly packets: string[] = [];

  onFrame(frame: TunFrame): void {
    const packet = frame.bytes.slice(VIRTIO_HEADER_BYTES, frame.length);
    this.packets.push(Buffer.from(packet).toString('hex'));
    if (this.releases) frame.release();
    else this.frames.push(frame);
  }

  onIdle(): void {
    this.idles++;
  }

  onLost(error: Error): void {
    this.lost.push(error);
  }
}

/** Something that begins like an IPv4 packet. */
export function packet(bytes: number, fill = 0): Uint8Array {
  const data = new Uint8Array(bytes).fill(fill);
  data[0] = 0x45;
  return data;
}

export function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}

/** Lets the event loop turn until something holds; tests end by their own limit. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve));
}
