// What the operating system holds for this process, watched over a stretch of time.

const SAMPLE_MS = 20;
/** Less than this is no shrinking. */
const SHRINK_BYTES = 256 * 1024;

/** How far the resident set of this process grows over a stretch of time. */
export class GrowthWatch {
  #startBytes;
  #peakBytes;
  #timer;

  /** Collects garbage and watches from then on. */
  static async start() {
    return new GrowthWatch(await settledRss());
  }

  /** @param startBytes the resident set as it is */
  constructor(startBytes) {
    this.#startBytes = startBytes;
    this.#peakBytes = startBytes;
    this.#timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();
  }

  /**
   * Ends the watch. What the process gave back only later was no use at the start, so the growth
   * counts from the lower of the two settled sizes.
   *
   * @returns the size it counts from, the growth at its most, and what is left of it, in bytes
   */
  async end() {
    this.#sample();
    clearInterval(this.#timer);
    const settledBytes = await settledRss();
    const startBytes = Math.min(this.#startBytes, settledBytes);
    return {
      startBytes,
      growthBytes: this.#peakBytes - startBytes,
      restBytes: settledBytes - startBytes,
    };
  }

  #sample() {
    this.#peakBytes = Math.max(this.#peakBytes, process.memoryUsage.rss());
  }
}

/** Collects garbage until the resident set shrinks no more, and gives its size in bytes. */
async function settledRss() {
  let least = Number.POSITIVE_INFINITY;
  for (let quiet = 0; quiet < 5; quiet++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 100));
    const rss = process.memoryUsage.rss();
    if (rss < least - SHRINK_BYTES) quiet = 0;
    least = Math.min(least, rss);
  }
  return least;
}
