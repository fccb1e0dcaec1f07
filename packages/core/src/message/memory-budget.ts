/**
 * Memory for messages that are not whole yet: a budget of the peer inside one of the process
 * (SPEC 10). What is over it is refused; the owner then drops something or closes.
 */
export class MemoryBudget {
  readonly #limit: number;
  readonly #parent: MemoryBudget | undefined;
  #used = 0;

  /** @param limit bytes @param parent the budget this one is part of, if any */
  constructor(limit: number, parent?: MemoryBudget) {
    this.#limit = limit;
    this.#parent = parent;
  }

  get used(): number {
    return this.#used;
  }

  /** Counts `bytes`. @returns whether they were within the budget (they are counted either way) */
  take(bytes: number): boolean {
    this.#used += bytes;
    const parentHolds = this.#parent === undefined || this.#parent.take(bytes);
    return parentHolds && this.#used <= this.#limit;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#parent?.give(bytes);
  }
}
