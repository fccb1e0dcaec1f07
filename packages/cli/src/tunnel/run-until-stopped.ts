import type { CliIo } from '../cli-io.js';

/** Resolves when the user, a service manager or `vcl down` ends the command. */
export class StopSignal {
  readonly stopped: Promise<void>;
  #resolve: () => void = () => {};
  #ignore: () => void = () => {};

  constructor(io: Pick<CliIo, 'onInterrupt'>) {
    this.stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#ignore = io.onInterrupt(() => this.stop());
  }

  stop(): void {
    this.#ignore();
    this.#resolve();
  }
}
