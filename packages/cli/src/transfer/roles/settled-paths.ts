/** Paths that earlier attempts of this process have dealt with: they are not gone through again. */
export class SettledPaths {
  readonly #paths = new Set<string>();

  has(path: string): boolean {
    return this.#paths.has(path);
  }

  /** Beyond a bound nothing is remembered; such a path is compared again, at the cost of time. */
  add(path: string): void {
    if (this.#paths.size < MAX_PATHS) this.#paths.add(path);
  }
}

const MAX_PATHS = 200_000;
