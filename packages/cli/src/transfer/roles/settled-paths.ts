/** Paths that earlier attempts of this process have dealt with: they are not gone through again. */
export class SettledPaths {
  readonly #paths = new Set<string>();
  #characters = 0;

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Beyond a bound nothing is remembered; such a path is compared again, at the cost of time. */
  add(path: string): void {
    this.#characters += path.length + OVERHEAD;
    if (this.#characters <= MAX_CHARACTERS) this.#paths.add(path);
  }
}

const MAX_CHARACTERS = 64 * 2 ** 20;
/** What a short path costs all the same. */
const OVERHEAD = 128;
