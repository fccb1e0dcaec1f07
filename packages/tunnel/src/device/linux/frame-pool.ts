import type { Libc, NativeBlock } from 'vcl-protocol/native';
import { MAX_FRAME_BYTES, type TunFrame } from '../tun-device.js';

/** Frames that may be under way at a time: super-packets, and packets of ordinary length. */
const LARGE_FRAMES = 96;
const SMALL_FRAMES = 2_048;
/** Up to this length a frame takes a small place. */
const SMALL_FRAME_BYTES = 2_048;
const LARGE_FRAME_BYTES: number = MAX_FRAME_BYTES + 3;

/**
 * Memory that frames are read into. A frame is read into a large place; when it turns out short, it
 * moves to a small one, so that acknowledgements do not use up what super-packets need.
 */
export class FramePool {
  /** Called when there is room again after {@link current} had given none. */
  onRoom: (() => void) | undefined;
  readonly #large: PooledFrame[] = [];
  readonly #small: PooledFrame[] = [];
  #wasEmpty = false;

  constructor(libc: Libc) {
    fill(this, this.#large, libc.allocate(LARGE_FRAMES * LARGE_FRAME_BYTES), LARGE_FRAME_BYTES);
    fill(this, this.#small, libc.allocate(SMALL_FRAMES * SMALL_FRAME_BYTES), SMALL_FRAME_BYTES);
  }

  /** Where the next frame is to be read to: the same until {@link take}; undefined when all are in use. */
  get current(): PooledFrame | undefined {
    const frame = this.#large.at(-1);
    if (frame === undefined || this.#small.length === 0) {
      this.#wasEmpty = true;
      return undefined;
    }
    return frame;
  }

  /** The frame of `length` bytes that was read to {@link current}. */
  take(length: number): TunFrame {
    if (length <= SMALL_FRAME_BYTES) {
      const small = this.#small.pop()!;
      const { bytes } = this.#large.at(-1)!;
      small.bytes.set(length === bytes.length ? bytes : bytes.subarray(0, length));
      small.length = length;
      return small;
    }
    const large = this.#large.pop()!;
    large.length = length;
    return large;
  }

  giveBack(frame: PooledFrame): void {
    (frame.bytes.length > SMALL_FRAME_BYTES ? this.#large : this.#small).push(frame);
    if (!this.#wasEmpty) return;
    this.#wasEmpty = false;
    this.onRoom?.();
  }
}

/** A place for one frame. */
class PooledFrame implements TunFrame {
  readonly bytes: Uint8Array;
  /** Where it lies, for the system. */
  readonly pointer: bigint;
  length = 0;
  readonly #pool: FramePool;

  constructor(pool: FramePool, bytes: Uint8Array, pointer: bigint) {
    this.#pool = pool;
    this.bytes = bytes;
    this.pointer = pointer;
  }

  release(): void {
    this.#pool.giveBack(this);
  }
}

function fill(pool: FramePool, frames: PooledFrame[], block: NativeBlock, stride: number): void {
  const count = block.bytes.length / stride;
  for (let i = 0; i < count; i++) {
    const bytes = block.bytes.subarray(i * stride, (i + 1) * stride);
    frames.push(new PooledFrame(pool, bytes, block.pointer + BigInt(i * stride)));
  }
}
