import { VCLError } from '@vcl-protocol/core';

/** Ends something that makes no progress for a while, by an AbortSignal. */
export class StallWatch {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  /** @param limitMs the longest time without progress, in milliseconds */
  constructor(limitMs: number) {
    this.#timer = setTimeout(() => {
      const message = `nothing arrived for ${limitMs / 1000} s: ask for less --loss or a smaller --size`;
      this.#controller.abort(new VCLError('Timeout', message));
    }, limitMs);
  }

  /** Aborts with a VCLError `Timeout`. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** There was progress. */
  progress(): void {
    this.#timer.refresh();
  }

  /** There will be no more to watch. */
  stop(): void {
    clearTimeout(this.#timer);
  }
}
