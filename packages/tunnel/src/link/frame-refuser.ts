import { fragmentIpv4 } from '../core/ip/fragment-ipv4.js';
import { writePacketTooBig } from '../core/ip/packet-too-big.js';
import { completeOpenChecksum } from '../core/offload/open-checksum.js';
import { NEEDS_CHECKSUM, VIRTIO_HEADER_BYTES, VirtioField } from '../core/offload/virtio-header.js';
import type { TunDevice, TunFrame } from '../device/tun-device.js';

/** Errors a second that are written at most (RFC 1812 4.3.2.8), and at once. */
const ERRORS_PER_S = 100;
const BURST = 50;

/** What becomes of a packet that is too long for the tunnel: pieces, or an answer to its sender. */
export class FrameRefuser {
  readonly #device: TunDevice;
  #tokens = BURST;
  #filledAt = 0;

  constructor(device: TunDevice) {
    this.#device = device;
  }

  /**
   * @param onPiece gets each piece as a frame of its own
   * @returns false when the frame is not what it says: then nothing comes of it
   */
  refuse(frame: TunFrame, mtu: number, onPiece: (piece: TunFrame) => void): boolean {
    const { bytes, length } = frame;
    const start = VIRTIO_HEADER_BYTES;
    // What the system left open could not be completed in pieces.
    const isOpen = (bytes[VirtioField.flags]! & NEEDS_CHECKSUM) !== 0;
    if (isOpen && !completeOpenChecksum(bytes, length)) return false;
    const isCut = fragmentIpv4(bytes, start, length, mtu, (one) => onPiece(asFrame(one)));
    if (!isCut && this.#mayAnswer()) this.#answer(frame, mtu);
    return true;
  }

  #answer({ bytes, length }: TunFrame, mtu: number): void {
    const start = VIRTIO_HEADER_BYTES;
    const out = this.#device.reserve();
    const answer = writePacketTooBig(out.subarray(start), bytes, start, length, mtu);
    if (answer === 0) return;
    out.fill(0, 0, start);
    this.#device.write(start + answer);
  }

  #mayAnswer(): boolean {
    const now = performance.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#filledAt) * ERRORS_PER_S) / 1_000);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}

function asFrame(packet: Uint8Array): TunFrame {
  const bytes = new Uint8Array(VIRTIO_HEADER_BYTES + packet.length);
  bytes.set(packet, VIRTIO_HEADER_BYTES);
  return { bytes, length: bytes.length, release() {} };
}
