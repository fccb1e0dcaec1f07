const FIRST_CAPACITY = 8;
/** An emptied queue with more room than this gives the room back. */
const KEPT_CAPACITY = 1_024;

/**
 * A first-in first-out queue in a growing ring: constant time, no allocation while it keeps its
 * size, and nothing stays referenced once it was taken.
 */
export class Fifo<T> {
  // Made with the first item, and gone with the last of a long queue.
  #slots: (T | undefined)[] = [];
  #head = 0;
  #count = 0;

  /** How many items wait. */
  get count(): number {
    return this.#count;
  }

  /** Whether nothing waits. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Appends an item. */
  push(item: T): void {
    if (this.#count === this.#slots.length) this.#resize(Math.max(FIRST_CAPACITY, this.#count * 2));
    this.#slots[(this.#head + this.#count) & (this.#slots.length - 1)] = item;
    this.#count++;
  }

  /** The oldest item, or undefined; it stays. */
  peek(): T | undefined {
    return this.#slots[this.#head];
  }

  /** Takes the oldest item out, or gives undefined. */
  poll(): T | undefined {
    const item = this.#slots[this.#head];
    if (this.#count === 0) return undefined;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#slots.length - 1);
    this.#count--;
    if (this.#count === 0 && this.#slots.length > KEPT_CAPACITY) this.clear();
    return item;
  }

  /** Drops all items. */
  clear(): void {
    this.#slots = [];
    this.#head = 0;
    this.#count = 0;
  }

  #resize(capacity: number): void {
    const slots = emptySlots<T>(capacity);
    const mask = this.#slots.length - 1;
    for (let i = 0; i < this.#count; i++) slots[i] = this.#slots[(this.#head + i) & mask];
    this.#slots = slots;
    this.#head = 0;
  }
}

function emptySlots<T>(capacity: number): (T | undefined)[] {
  return new Array<T | undefined>(capacity).fill(undefined);
}
