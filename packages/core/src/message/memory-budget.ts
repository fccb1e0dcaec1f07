/** Who uses a budget of a peer, and can be made to use less of it. */
export interface MemoryUser {
  /** Another peer needs memory and this one holds the most: it gives something up, or its session. */
  shedMemory(): void;
}

/** Users are told apart by powers of two, of which a number below 2^53 has so many. */
const CLASSES = 53;

/**
 * Memory for messages that are not whole yet: a budget of the peer inside one of the process
 * (SPEC 10). What is over the peer's is refused; the owner then drops something or closes. When the
 * process's is used up, those who hold the most make room, so that a few greedy peers starve nobody.
 */
export class MemoryBudget {
  readonly #limit: number;
  readonly #parent: MemoryBudget | undefined;
  readonly #user: MemoryUser | undefined;
  /** Budgets that are part of this one, by the size class of what they use. */
  #classes: Set<MemoryBudget>[] | undefined;
  #used = 0;
  #evictions = 0;

  /**
   * @param limit bytes
   * @param parent the budget this one is part of, if any
   * @param user who is asked to use less when the parent's is used up
   */
  constructor(limit: number, parent?: MemoryBudget, user?: MemoryUser) {
    this.#limit = limit;
    this.#parent = parent;
    this.#user = user;
  }

  get used(): number {
    return this.#used;
  }

  /** How often somebody within this budget had to make room for another. */
  get evictions(): number {
    return this.#evictions;
  }

  /** Whether more is counted than this budget or the one around it holds. */
  get isOver(): boolean {
    return this.#used > this.#limit || this.#parent?.isOver === true;
  }

  /** Counts `bytes`. @returns whether they were within the budget (they are counted either way) */
  take(bytes: number): boolean {
    this.#count(bytes);
    if (bytes > 0) this.#parent?.relieve(this);
    return !this.isOver;
  }

  give(bytes: number): void {
    this.#count(-bytes);
  }

  /**
   * Makes those who use the most of this budget use less, until it holds.
   *
   * @param taker who needs the room: when that one holds the most, it has to help itself
   */
  relieve(taker: MemoryBudget): void {
    while (this.#used > this.#limit) {
      const greediest = this.#greediest();
      const before = this.#used;
      if (greediest === undefined || greediest.sizeClass <= taker.sizeClass) return;
      greediest.#user?.shedMemory();
      if (this.#used >= before) return;
      this.#evictions++;
    }
  }

  /** Twice as much is one class more; 0 for nothing. */
  get sizeClass(): number {
    return this.#used <= 0 ? 0 : Math.min(CLASSES, Math.floor(Math.log2(this.#used)) + 1);
  }

  #count(bytes: number): void {
    const before = this.#parent === undefined ? 0 : this.sizeClass;
    this.#used += bytes;
    if (this.#parent === undefined) return;
    this.#parent.#count(bytes);
    const after = this.sizeClass;
    if (before !== after) this.#parent.#move(this, before, after);
  }

  #move(child: MemoryBudget, from: number, to: number): void {
    this.#classes ??= Array.from({ length: CLASSES + 1 }, () => new Set());
    this.#classes[from]!.delete(child);
    if (to > 0) this.#classes[to]!.add(child);
  }

  /** One of those in the highest class. */
  #greediest(): MemoryBudget | undefined {
    for (let at = CLASSES; at > 0; at--) {
      for (const child of this.#classes?.[at] ?? []) return child;
    }
    return undefined;
  }
}
