import { sameAddress } from '../path/carrier-remote.js';
import type { Path } from '../path/path.js';
import type { RemoteAddress } from '../path/remote-address.js';
import type { StateCarrier } from '../state-carrier.js';

/** The paths of a session by id, and the one that data takes. */
export class PathSet {
  active: Path;
  readonly #paths = new Map<number, Path>();
  #list: readonly Path[];
  #retiredBelow = 0;

  constructor(first: Path) {
    this.active = first;
    this.#paths.set(first.id, first);
    this.#list = [first];
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

  /** All of them; the list that a call gave does not change. */
  all(): readonly Path[] {
    return this.#list;
  }

  /** The path beside the active one that takes what may be lost, when it can (SPEC 13.4). */
  get lossySide(): Path | undefined {
    const list = this.#list;
    if (list.length === 1) return undefined;
    const ordered = this.active.carrier;
    for (const path of list) {
      if (!path.isLossySide || path.carrier?.orderedSide !== ordered) continue;
      if (!path.carrier?.isLost && !path.validation.isPending) return path;
    }
    return undefined;
  }

  /** The path that messages of the lossy lane take. */
  get lossy(): Path {
    return this.lossySide ?? this.active;
  }

  /** The newest path that leads to `remote`, unless it is older than the active one: nobody goes back. */
  leadingTo(remote: RemoteAddress): Path | undefined {
    const newest = this.#list.findLast((path) => sameAddress(path.remote, remote));
    return newest === undefined || newest.id < this.active.id ? undefined : newest;
  }

  add(path: Path): void {
    this.#paths.set(path.id, path);
    this.#list = [...this.#paths.values()];
  }

  /** Forgets a path; its id never comes back. */
  remove(id: number): void {
    this.#paths.delete(id);
    this.#list = [...this.#paths.values()];
    this.#retiredBelow = Math.max(this.#retiredBelow, id + 1);
  }

  /** Whether `id` belongs to a path that is gone. Paths are opened in rising order. */
  isRetired(id: number): boolean {
    return id < this.#retiredBelow && !this.#paths.has(id);
  }

  /**
   * With one path at rest: hands the state over to a record, or takes it from one.
   *
   * @param make a path of another number than the one there is
   */
  carry(state: StateCarrier, make: (id: number) => Path): void {
    const id = state.number(this.active.id);
    if (!this.has(id)) this.#replace(make(id));
    this.#retiredBelow = state.number(this.#retiredBelow);
    this.active.carry(state);
  }

  #replace(path: Path): void {
    this.#paths.clear();
    this.active = path;
    this.add(path);
  }
}
