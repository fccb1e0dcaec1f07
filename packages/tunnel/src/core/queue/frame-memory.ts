/** Long frames that a device has memory for, each as much as the longest packet takes. */
export const LARGE_FRAMES = 64;
/** Short ones: what most frames are when nothing is offloaded, and acknowledgements always. */
export const SMALL_FRAMES = 1_024;
/** Memory of a short one. */
export const SMALL_FRAME_BYTES = 2_048;

/** Between two looks for frames that wait in vain, ms. */
const SWEEP_MS = 250;

/** Whether a frame takes the memory of a long one: it has so many bytes, however short its packet is. */
export function isLarge(heldBytes: number): boolean {
  return heldBytes > SMALL_FRAME_BYTES;
}

/** A queue with frames in it. */
export interface FrameHolder {
  /** Gives up what has waited for too long. @returns whether anything is left */
  dropStale(now: number): boolean;
}

/**
 * The memory of a device's frames, which the queues of many peers hold. Of either kind none holds more
 * frames than are left for the others (dynamic thresholds, Choudhury and Hahne 1998): a peer alone gets
 * half of them, and whatever many peers with nothing moving hold, the device has one to read into. The
 * kinds are counted apart, as a device without a long frame reads nothing, however many short ones are
 * left.
 */
export class FrameMemory {
  /** Frames that nobody holds. Who holds or gives back one counts it here. */
  freeLarge: number;
  freeSmall: number;
  /** Those who have held something lately. */
  readonly #holders = new Set<FrameHolder>();
  #sweptAt = 0;

  /** Default: the frames of a device of the usual size; Infinity for memory that is nobody's concern. */
  constructor(large: number = LARGE_FRAMES, small: number = SMALL_FRAMES) {
    this.freeLarge = large;
    this.freeSmall = small;
  }

  /** Has a queue swept, until it says that nothing is left in it. */
  join(holder: FrameHolder): void {
    this.#holders.add(holder);
  }

  /**
   * Now and then has all who hold something drop what has waited for too long: a peer that is gone
   * asks for nothing any more, and gets nothing that would push its frames out.
   */
  sweep(now: number): void {
    if (now - this.#sweptAt < SWEEP_MS) return;
    this.#sweptAt = now;
    for (const holder of this.#holders) if (!holder.dropStale(now)) this.#holders.delete(holder);
  }
}
