// What the operating system holds for this process, watched over a stretch of time.

const SAMPLE_MS = 20;
/** Less than this is no shrinking. */
const SHRINK_BYTES = 256 * 1024;

/** Collects garbage until the resident set shrinks no more, and gives its size in bytes. */
export async function settledRss() {
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

/** Watches the resident set size from here on. */
export class RssWatch {
  #peakBytes = process.memoryUsage.rss();
  #timer = setInterval(() => this.#sample(), SAMPLE_MS).unref();

  /** The most it was so far, in bytes. */
  get peakBytes() {
    this.#sample();
    return this.#peakBytes;
  }

  stop() {
    clearInterval(this.#timer);
  }

  #sample() {
    this.#peakBytes = Math.max(this.#peakBytes, process.memoryUsage.rss());
  }
}
