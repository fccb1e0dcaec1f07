import type { FramePool, FrameSlot } from './frame-pool.js';
import type { TunHandler } from './tun-device.js';

/** What {@link FrameSource.read} gives instead of a length. */
export const ReadResult = {
  /** Nothing is there. */
  Empty: 0,
  /** Nothing will ever be there. */
  Lost: -1,
  /** What was there is no packet. */
  Skipped: -2,
} as const;

/** Where the frames of a device come from; it never waits. */
export interface FrameSource {
  /** Reads one frame, header first. @returns its length in bytes, or a {@link ReadResult} */
  read(slot: FrameSlot): number;
}

/** How {@link FrameReader.drain} ended. */
export type DrainEnd = 'empty' | 'more' | 'full' | 'lost';

/** A turn that never ends would keep timers and sockets from theirs. */
const FRAMES_A_TURN = 64;
/**
 * What was read is then sealed and sent while the far side waits: the more at once, the longer both
 * stand idle in turns.
 */
const BYTES_A_TURN = 256 * 1024;

/**
 * Reads what is there, a turn of the event loop at a time. A turn takes half of the memory that is free
 * and no more: as much as one queue may hold of it (`core/queue/frame-memory.ts`). So who is served
 * after each turn loses nothing, whatever those hold who take nothing.
 */
export class FrameReader {
  readonly #source: FrameSource;
  readonly #pool: FramePool;
  readonly #handler: TunHandler;
  #isStopped = false;

  constructor(source: FrameSource, pool: FramePool, handler: TunHandler) {
    this.#source = source;
    this.#pool = pool;
    this.#handler = handler;
  }

  /** No further frame, not even of the turn that goes on. */
  stop(): void {
    this.#isStopped = true;
  }

  /**
   * Hands frames on until nothing is left, and says then that the handler may go on with them.
   *
   * @returns `more`: the turn was long enough; `full`: all memory is with the user; `lost`: the device
   * is gone; `empty`, also when it was stopped: nothing is left
   */
  drain(): DrainEnd {
    const end = this.#readFrames();
    if (!this.#isStopped) this.#handler.onIdle();
    return end;
  }

  #readFrames(): DrainEnd {
    let read = 0;
    this.#pool.beginTurn();
    for (let i = 0; i < FRAMES_A_TURN && read < BYTES_A_TURN; i++) {
      if (this.#isStopped) return 'empty';
      const { open } = this.#pool;
      if (open === undefined) return 'full';
      if (this.#pool.isHalved) break;
      const bytes = this.#source.read(open);
      if (bytes === ReadResult.Empty) return 'empty';
      if (bytes === ReadResult.Lost) return 'lost';
      if (bytes <= 0) continue;
      read += bytes;
      this.#handler.onFrame(this.#pool.lend(bytes));
    }
    return 'more';
  }
}
