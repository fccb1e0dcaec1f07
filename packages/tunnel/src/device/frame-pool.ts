import type { NativeBlock, Pointer } from 'vcl-protocol/native';
import { LARGE_FRAMES, SMALL_FRAME_BYTES, SMALL_FRAMES } from '../core/queue/frame-memory.js';
import { MAX_FRAME_BYTES, type TunFrame } from './tun-device.js';

/** Apart by whole cache lines. */
const LARGE_STRIDE_BYTES: number = Math.ceil(MAX_FRAME_BYTES / 64) * 64;

/** Allocates memory that calls of the system can be pointed to. */
export type Allocate = (bytes: number) => NativeBlock;

/** How many frames a {@link FramePool} has. */
export interface FramePoolOptions {
  /** Of {@link MAX_FRAME_BYTES}; {@link LARGE_FRAMES} by default, at least 2. */
  readonly largeFrames?: number;
  /** Of {@link SMALL_FRAME_BYTES}; {@link SMALL_FRAMES} by default. */
  readonly smallFrames?: number;
}

/** Memory for one frame, made once and used again and again. */
export class FrameSlot implements TunFrame {
  readonly bytes: Uint8Array;
  /** Where {@link bytes} begins, for calls of the system. */
  readonly pointer: Pointer;
  length = 0;
  readonly #giveBack: (slot: FrameSlot) => void;
  #isOut = false;

  constructor(
    block: NativeBlock,
    start: number,
    bytes: number,
    giveBack: (slot: FrameSlot) => void,
  ) {
    this.bytes = block.bytes.subarray(start, start + bytes);
    this.pointer = block.pointer + BigInt(start);
    this.#giveBack = giveBack;
  }

  /** Hands it out: {@link release} takes effect once from here on. */
  lend(length: number): this {
    this.length = length;
    this.#isOut = true;
    return this;
  }

  release(): void {
    if (!this.#isOut) return;
    this.#isOut = false;
    this.#giveBack(this);
  }
}

/**
 * The memory of a device: a frame is read into the slot that is open, which is as long as any frame;
 * a short one is then moved to a small slot, so that thousands of acknowledgements that wait for
 * their turn do not take the places of super-packets.
 */
export class FramePool {
  readonly #large: FrameSlot[] = [];
  readonly #small: FrameSlot[] = [];
  readonly #frames: number;
  /** What was free when a turn began. */
  #largeBefore = 0;
  #smallBefore = 0;
  /** The frame that the user writes next. */
  readonly outgoing: FrameSlot;
  /** Called when a frame has come back. */
  onFree: (() => void) | undefined;
  /** What its memory is from. */
  readonly allocate: Allocate;

  constructor(
    allocate: Allocate,
    { largeFrames = LARGE_FRAMES, smallFrames = SMALL_FRAMES }: FramePoolOptions = {},
  ) {
    this.allocate = allocate;
    this.#frames = largeFrames + smallFrames;
    const large = allocate((largeFrames + 1) * LARGE_STRIDE_BYTES);
    const small = allocate(Math.max(1, smallFrames * SMALL_FRAME_BYTES));
    for (let i = 0; i < largeFrames; i++) {
      const start = i * LARGE_STRIDE_BYTES;
      this.#large.push(new FrameSlot(large, start, MAX_FRAME_BYTES, this.#takeLarge));
    }
    for (let i = 0; i < smallFrames; i++) {
      const start = i * SMALL_FRAME_BYTES;
      this.#small.push(new FrameSlot(small, start, SMALL_FRAME_BYTES, this.#takeSmall));
    }
    const last = largeFrames * LARGE_STRIDE_BYTES;
    this.outgoing = new FrameSlot(large, last, MAX_FRAME_BYTES, () => {});
  }

  /** Whether no frame is with the user. */
  get isWhole(): boolean {
    return this.#large.length + this.#small.length === this.#frames;
  }

  /** Where the next frame is to be read to, the same until {@link lend}; undefined: no memory is free. */
  get open(): FrameSlot | undefined {
    return this.#large.at(-1);
  }

  /** A turn of reading begins: {@link isHalved} is about what is free now. */
  beginTurn(): void {
    this.#largeBefore = this.#large.length;
    this.#smallBefore = this.#small.length;
  }

  /** Whether the turn has taken half of what was free, of either kind. */
  get isHalved(): boolean {
    const { length: large } = this.#large;
    const { length: small } = this.#small;
    return isHalf(large, this.#largeBefore) || isHalf(small, this.#smallBefore);
  }

  /** Gives away what was read into {@link open}, which must be there. */
  lend(length: number): TunFrame {
    const open = this.#large.at(-1)!;
    const small = length <= SMALL_FRAME_BYTES ? this.#small.pop() : undefined;
    if (small === undefined) {
      this.#large.pop();
      return open.lend(length);
    }
    copy(open.bytes, small.bytes, length);
    return small.lend(length);
  }

  readonly #takeLarge = (slot: FrameSlot): void => {
    this.#large.push(slot);
    this.onFree?.();
  };

  readonly #takeSmall = (slot: FrameSlot): void => {
    this.#small.push(slot);
    this.onFree?.();
  };
}

/** Whether one more would leave less than half of `before`; the first is always taken. */
function isHalf(free: number, before: number): boolean {
  return free < before && 2 * (free - 1) < before;
}

/** Below this many bytes a loop is faster than the view that the built-in copy needs. */
const LOOP_BYTES = 96;

function copy(from: Uint8Array, to: Uint8Array, bytes: number): void {
  if (bytes > LOOP_BYTES) {
    to.set(from.subarray(0, bytes));
    return;
  }
  for (let i = 0; i < bytes; i++) to[i] = from[i]!;
}

/** Native memory is kept until the process ends, so devices that are closed leave theirs to others. */
const retired = new WeakMap<Allocate, FramePool[]>();

/** A pool of the usual size that nobody uses: one of a closed device if there is any. */
export function takePool(allocate: Allocate): FramePool {
  return retired.get(allocate)?.pop() ?? new FramePool(allocate);
}

/** Leaves a pool from {@link takePool} to the next device, once its last frame has come back. */
export function retirePool(pool: FramePool): void {
  const pools = retired.get(pool.allocate) ?? [];
  retired.set(pool.allocate, pools);
  const keep = (): void => {
    if (!pool.isWhole) return;
    pool.onFree = undefined;
    pools.push(pool);
  };
  pool.onFree = keep;
  keep();
}
