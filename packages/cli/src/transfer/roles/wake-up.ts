/** Lets loops wait for each other's news. */
export class WakeUp {
  #waiting: (() => void)[] = [];

  /** Resolves with the next {@link wake}. Whoever waits looks again at what it waits for. */
  wait(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
