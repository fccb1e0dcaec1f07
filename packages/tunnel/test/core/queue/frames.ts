import { type FrameBytes, QueuedFrame } from '../../../src/core/offload/queued-frame.js';
import {
  GsoType,
  setVirtioField,
  VIRTIO_HEADER_BYTES,
  VirtioField,
} from '../../../src/core/offload/virtio-header.js';
import type { FlowQueue } from '../../../src/core/queue/flow-queue.js';

/** Headers of IPv4 and TCP. */
export const HEADER_BYTES = 40;

/** Makes frames, and counts those that are somewhere else. */
export class FrameSource {
  /** Frames that were not released so far, and those that were released more than once. */
  outstanding = 0;
  releasedTwice = 0;
  readonly #free: QueuedFrame[] = [];
  readonly #onRelease: ((flowHash: number) => void) | undefined;

  /** @param onRelease called with the flow of each frame that comes back */
  constructor(onRelease?: (flowHash: number) => void) {
    this.#onRelease = onRelease;
  }

  /** One packet of `bytes` bytes. */
  packet(flowHash: number, bytes: number): QueuedFrame {
    return this.#load(flowHash, new Uint8Array(VIRTIO_HEADER_BYTES + bytes));
  }

  /** A super-packet of `payloadBytes` bytes in segments of `segmentBytes` bytes. */
  superPacket(flowHash: number, payloadBytes: number, segmentBytes: number): QueuedFrame {
    const bytes = new Uint8Array(VIRTIO_HEADER_BYTES + HEADER_BYTES + payloadBytes);
    bytes[VirtioField.gsoType] = GsoType.Tcp4;
    setVirtioField(bytes, VirtioField.gsoSize, segmentBytes);
    setVirtioField(bytes, VirtioField.checksumStart, 20);
    bytes[VIRTIO_HEADER_BYTES] = 0x45;
    bytes[VIRTIO_HEADER_BYTES + 9] = 6;
    bytes[VIRTIO_HEADER_BYTES + 20 + 12] = 5 << 4;
    return this.#load(flowHash, bytes);
  }

  recycle(frame: QueuedFrame): void {
    this.#free.push(frame);
  }

  #load(flowHash: number, bytes: Uint8Array): QueuedFrame {
    let isOut = true;
    const frameBytes: FrameBytes = {
      bytes,
      length: bytes.length,
      release: () => {
        if (!isOut) this.releasedTwice++;
        else this.outstanding--;
        isOut = false;
        this.#onRelease?.(flowHash);
      },
    };
    const frame = this.#free.pop() ?? new QueuedFrame(this);
    if (!frame.load(frameBytes, 65_535)) throw new Error('The frame of a test must be sound');
    frame.flowHash = flowHash;
    this.outstanding++;
    return frame;
  }
}

/** Takes the next packet as a port does. @returns which flow it is of and its bytes, if there is one */
export function takeNext(
  queue: FlowQueue,
  now: number,
): { readonly flow: number; readonly bytes: number; readonly waitedMs: number } | undefined {
  const frame = queue.head(now);
  if (frame === undefined) return undefined;
  const taken = { flow: frame.flowHash, bytes: frame.nextBytes, waitedMs: now - frame.queuedAt };
  frame.dropNext();
  queue.sent(taken.bytes);
  return taken;
}
