/** Something with a deadline that a {@link TimerHeap} can hold. */
export interface Timed {
  /** Absolute time in ms. */
  deadline: number;
  /** Where it stands in the heap; -1 when it does not. Kept by the heap. */
  heapIndex: number;
}

/** A binary heap by deadline: one for all connections of an endpoint (rule E1). */
export class TimerHeap<T extends Timed> {
  readonly #items: T[] = [];

  /** The earliest deadline, or Infinity. */
  get next(): number {
    return this.#items[0]?.deadline ?? Number.POSITIVE_INFINITY;
  }

  /** Sets the deadline of `item`; Infinity takes it out. */
  set(item: T, deadline: number): void {
    if (deadline === Number.POSITIVE_INFINITY) {
      this.remove(item);
      return;
    }
    if (item.heapIndex < 0) {
      item.heapIndex = this.#items.length;
      this.#items.push(item);
      item.deadline = deadline;
      this.#up(item.heapIndex);
      return;
    }
    const earlier = deadline < item.deadline;
    item.deadline = deadline;
    if (earlier) this.#up(item.heapIndex);
    else this.#down(item.heapIndex);
  }

  remove(item: T): void {
    const index = item.heapIndex;
    if (index < 0) return;
    item.heapIndex = -1;
    const last = this.#items.pop()!;
    if (last === item) return;
    this.#place(last, index);
    this.#up(index);
    this.#down(last.heapIndex);
  }

  /** Takes out the first item that is due. */
  popDue(now: number): T | undefined {
    const first = this.#items[0];
    if (first === undefined || first.deadline > now) return undefined;
    this.remove(first);
    return first;
  }

  #up(start: number): void {
    const item = this.#items[start]!;
    let index = start;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = this.#items[parent]!;
      if (above.deadline <= item.deadline) break;
      this.#place(above, index);
      index = parent;
    }
    this.#place(item, index);
  }

  #down(start: number): void {
    const item = this.#items[start]!;
    let index = start;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#items.length) break;
      const right = this.#items[child + 1];
      if (right !== undefined && right.deadline < this.#items[child]!.deadline) child++;
      const below = this.#items[child]!;
      if (below.deadline >= item.deadline) break;
      this.#place(below, index);
      index = child;
    }
    this.#place(item, index);
  }

  #place(item: T, index: number): void {
    this.#items[index] = item;
    item.heapIndex = index;
  }
}
