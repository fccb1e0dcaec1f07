/** What the frames of a device take together: 64 long ones of 64 KiB, 1,024 short ones of 2 KiB. */
const ALL_BYTES = 64 * 65_536 + 1_024 * 2_048;

/**
 * The memory of a device's frames, which the queues of many peers hold. None holds more than what is
 * left for the others (dynamic thresholds, Choudhury and Hahne 1998): a peer alone gets half of it,
 * and whatever many peers with nothing moving hold, the device has frames to read into.
 */
export class FrameMemory {
  readonly #allBytes: number;
  #heldBytes = 0;

  /** @param allBytes that there are. Default: those of a device of the usual size */
  constructor(allBytes: number = ALL_BYTES) {
    this.#allBytes = allBytes;
  }

  /** Bytes that nobody holds. */
  get free(): number {
    return this.#allBytes - this.#heldBytes;
  }

  /** So many bytes more are held; fewer, if negative. */
  hold(bytes: number): void {
    this.#heldBytes += bytes;
  }
}
