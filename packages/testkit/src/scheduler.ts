/** One entry of an {@link EventQueue}, kept by whoever may want to take it out again. */
export interface QueueEntry<T> {
  /** When it is due, in milliseconds. */
  readonly at: number;
  readonly value: T;
  /** How many entries were pushed before it: decides between equal times. */
  readonly order: number;
  /** Its place in the heap; -1 once it was popped or removed. Kept by the queue. */
  place: number;
}

/** A binary heap of entries by time. Entries of equal time come out in the order they went in. */
export class EventQueue<T> {
  readonly #heap: QueueEntry<T>[] = [];
  #pushed = 0;

  /** How many entries wait. */
  get size(): number {
    return this.#heap.length;
  }

  /** When the first entry is due, in milliseconds; Infinity when there is none. */
  get nextAt(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Adds an entry in O(log n). */
  push(at: number, value: T): QueueEntry<T> {
    const entry: QueueEntry<T> = { at, value, order: this.#pushed++, place: this.#heap.length };
    this.#heap.push(entry);
    this.#rise(entry);
    return entry;
  }

  /** Takes out the first entry in O(log n). */
  pop(): QueueEntry<T> | undefined {
    const first = this.#heap[0];
    if (first !== undefined) this.remove(first);
    return first;
  }

  /** Takes out any entry in O(log n). @returns false when it is no longer in this queue */
  remove(entry: QueueEntry<T>): boolean {
    if (entry.place < 0 || this.#heap[entry.place] !== entry) return false;
    const last = this.#heap.pop() as QueueEntry<T>;
    if (last !== entry) {
      this.#put(last, entry.place);
      this.#rise(last);
      this.#sink(last);
    }
    entry.place = -1;
    return true;
  }

  #rise(entry: QueueEntry<T>): void {
    while (entry.place > 0) {
      const parentPlace = (entry.place - 1) >> 1;
      const parent = this.#heap[parentPlace] as QueueEntry<T>;
      if (!isBefore(entry, parent)) return;
      this.#put(parent, entry.place);
      this.#put(entry, parentPlace);
    }
  }

  #sink(entry: QueueEntry<T>): void {
    for (;;) {
      const left = this.#heap[2 * entry.place + 1];
      const right = this.#heap[2 * entry.place + 2];
      if (left === undefined) return;
      const child = right !== undefined && isBefore(right, left) ? right : left;
      if (!isBefore(child, entry)) return;
      const childPlace = child.place;
      this.#put(child, entry.place);
      this.#put(entry, childPlace);
    }
  }

  #put(entry: QueueEntry<T>, place: number): void {
    this.#heap[place] = entry;
    entry.place = place;
  }
}

function isBefore<T>(left: QueueEntry<T>, right: QueueEntry<T>): boolean {
  return left.at < right.at || (left.at === right.at && left.order < right.order);
}
