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

  /** Whether more is counted than this budget or the one around it holds. */
  get isOver(): boolean {
    return this.#used > this.#limit || this.#parent?.isOver === true;
  }

  /** Counts `bytes`. @returns whether they were within the budget (they are counted either way) */
  take(bytes: number): boolean {
    this.#used += bytes;
    this.#parent?.take(bytes);
    return !this.isOver;
  }

  give(bytes: number): void {
    this.#used -= bytes;
    this.#parent?.give(bytes);
  }
}
