/** Runs asynchronous tasks one after another, in the order they came. */
export class Serial {
  #tail: Promise<unknown> = Promise.resolve();

  /** Runs `task` after all earlier ones, whether they failed or not. */
  run<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(task);
    this.#tail = result.catch(() => undefined);
    return result;
  }
}
