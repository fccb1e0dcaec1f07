/** Options of {@link TaskPool}. */
export interface TaskPoolOptions {
  /** Tasks at a time. */
  readonly maxTasks: number;
  /** What the tasks may weigh together; one alone may weigh more. */
  readonly maxWeight: number;
}

/** Runs tasks side by side, but not too many: whoever adds one waits for its turn. */
export class TaskPool {
  readonly #options: TaskPoolOptions;
  readonly #running = new Set<Promise<void>>();
  #weight = 0;

  constructor(options: TaskPoolOptions) {
    this.#options = options;
  }

  /**
   * Starts a task when there is room; resolves then.
   *
   * @param task must not reject: what goes wrong is its own business
   */
  async add(weight: number, task: () => Promise<void>): Promise<void> {
    while (this.#isFull(weight)) await Promise.race(this.#running);
    this.#weight += weight;
    const running = task().finally(() => {
      this.#weight -= weight;
      this.#running.delete(running);
    });
    this.#running.add(running);
  }

  /** Resolves when no task runs. */
  async drain(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #isFull(weight: number): boolean {
    const { maxTasks, maxWeight } = this.#options;
    if (this.#running.size === 0) return false;
    return this.#running.size >= maxTasks || this.#weight + weight > maxWeight;
  }
}
