import type { StateCarrier } from '../state-carrier.js';
import { HASH_BYTES } from './lane.js';
import { LeafRing } from './leaf-ring.js';

/** How many statements are remembered at most: what `seen` of the peer may lag behind (SPEC 8.3). */
export const MAX_REMEMBERED_STATEMENTS = 65_536;

const PRESENT = 1;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/**
 * The hashes of one side's own statements, by number. The peer names them by number only, so they
 * are kept until it has seen a later one.
 */
export class StatementHistory {
  readonly #hashes = new LeafRing(MAX_REMEMBERED_STATEMENTS);
  #next = 0;

  /** How many statements were added. */
  get count(): number {
    return this.#next;
  }

  /** Adds the hash of the next statement; the oldest goes when 65,536 are held. */
  push(hash: Uint8Array): void {
    const oldest = this.#next - MAX_REMEMBERED_STATEMENTS;
    if (oldest >= this.#hashes.floor) this.#hashes.dropBelow(oldest + 1);
    this.#hashes.put(this.#next, hash, PRESENT);
    this.#next++;
  }

  /** The 32-byte hash of statement `k`, or undefined when it was never added or is forgotten. */
  hashOf(k: number): Uint8Array | undefined {
    return this.#hashes.mark(k) === 0 ? undefined : this.#hashes.leaf(k).slice(0, HASH_BYTES);
  }

  /** Forgets the statements below `k`. */
  forgetBelow(k: number): void {
    if (k > this.#hashes.floor) this.#hashes.dropBelow(Math.min(k, this.#next));
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    const isNew = this.#next === 0;
    this.#hashes.carry(state);
    const held = state.list(this.#held(), (hash) => state.bytes(hash ?? NO_BYTES));
    this.#next = state.number(this.#next);
    if (!isNew) return;
    held.forEach((hash, index) => {
      this.#hashes.put(this.#hashes.floor + index, hash, PRESENT);
    });
  }

  #held(): Uint8Array[] {
    const held: Uint8Array[] = [];
    for (let k = this.#hashes.floor; k < this.#next; k++) held.push(this.#hashes.leaf(k));
    return held;
  }
}
