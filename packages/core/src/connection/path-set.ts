import type { Path } from '../path/path.js';

/** The paths of a session by id, and the one that data takes. */
export class PathSet {
  active: Path;
  readonly #paths = new Map<number, Path>();
  #retiredBelow = 0;

  constructor(first: Path) {
    this.active = first;
    this.#paths.set(first.id, first);
  }

  get(id: number): Path | undefined {
    return this.#paths.get(id);
  }

  has(id: number): boolean {
    return this.#paths.has(id);
  }

  get size(): number {
    return this.#paths.size;
  }

  all(): IterableIterator<Path> {
    return this.#paths.values();
  }

  add(path: Path): void {
    this.#paths.set(path.id, path);
  }

  /** Forgets a path; its id never comes back. */
  remove(id: number): void {
    this.#paths.delete(id);
    this.#retiredBelow = Math.max(this.#retiredBelow, id + 1);
  }

  /** Whether `id` belongs to a path that is gone. Paths are opened in rising order. */
  isRetired(id: number): boolean {
    return id < this.#retiredBelow && !this.#paths.has(id);
  }
}
