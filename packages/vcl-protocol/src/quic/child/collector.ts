import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** So many connections that have ended are worth a collection. */
const ENDED_EACH = 256;

/**
 * Gives back the memory of connections that have ended. It is native, so that the collector of
 * JavaScript does not see how much it is, and by itself would wait for hundreds of megabytes.
 */
export class Collector {
  readonly #collect: (() => void) | undefined = exposedCollector();
  #ended = 0;

  /** A connection has ended. */
  onEnded(): void {
    if (++this.#ended < ENDED_EACH) return;
    this.#ended = 0;
    setImmediate(() => this.#collect?.());
  }
}

/** Undefined where the runtime does not offer it. */
function exposedCollector(): (() => void) | undefined {
  try {
    setFlagsFromString('--expose-gc');
    const collect: unknown = runInNewContext('gc');
    return typeof collect === 'function' ? () => collect() : undefined;
  } catch {
    return undefined;
  }
}
