/**
 * Items handed from a producer that never waits to consumers that do. The one place of this package
 * where a promise waits for something to arrive.
 *
 * After {@link end} or {@link fail} what is queued is still delivered; then every wait ends with
 * `done`, or rejects with the error.
 */
export class AsyncQueue<T> implements AsyncIterable<T> {
  readonly #items: (T | undefined)[] = [];
  #head = 0;
  readonly #waiters = new Set<Waiter<T>>();
  #ending: Ending | undefined;

  /** How many items are queued. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** How many consumers wait. */
  get waiting(): number {
    return this.#waiters.size;
  }

  /** Whether {@link end} or {@link fail} was called; there may still be items. */
  get ended(): boolean {
    return this.#ending !== undefined;
  }

  /** Hands `item` to the longest waiting consumer, or queues it. @returns false once ended */
  push(item: T): boolean {
    if (this.#ending !== undefined) return false;
    const waiter = this.#firstWaiter();
    if (waiter === undefined) this.#items.push(item);
    else waiter.resolve({ done: false, value: item });
    return true;
  }

  /** Takes the oldest item without waiting, or undefined when there is none. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined;
    this.#head++;
    if (this.#head === this.#items.length || this.#head >= COMPACT_AT) this.#compact();
    return item;
  }

  /**
   * Takes the oldest item, waiting for one if need be.
   *
   * @returns the item, or `done` once the queue has ended and is empty
   * @throws the reason of `signal` when it is or becomes aborted (no item is taken then); the
   * error of {@link fail} once the queue is empty
   */
  async next(signal?: AbortSignal): Promise<IteratorResult<T, undefined>> {
    signal?.throwIfAborted();
    if (this.size > 0) return { done: false, value: this.shift() as T };
    if (this.#ending !== undefined) return concluded(this.#ending);
    return await this.#wait(signal);
  }

  /** Ends the queue: nothing more is accepted. Without effect once ended. */
  end(): void {
    this.#conclude({ failed: false, error: undefined });
  }

  /** Ends the queue with an error for all that wait and will wait. Without effect once ended. */
  fail(error: unknown): void {
    this.#conclude({ failed: true, error });
  }

  /** Iterates over the items as they come. Leaving the loop does not end the queue. */
  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: () => this.next(),
      return: () => Promise.resolve({ done: true, value: undefined }),
    };
  }

  #wait(signal: AbortSignal | undefined): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      const settle = () => {
        this.#waiters.delete(waiter);
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = () => {
        settle();
        reject(signal?.reason);
      };
      const waiter: Waiter<T> = {
        resolve(result) {
          settle();
          resolve(result);
        },
        reject(error) {
          settle();
          reject(error);
        },
      };
      this.#waiters.add(waiter);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #conclude(ending: Ending): void {
    if (this.#ending !== undefined) return;
    this.#ending = ending;
    for (const waiter of [...this.#waiters]) {
      if (ending.failed) waiter.reject(ending.error);
      else waiter.resolve({ done: true, value: undefined });
    }
  }

  #firstWaiter(): Waiter<T> | undefined {
    for (const waiter of this.#waiters) return waiter;
    return undefined;
  }

  /** Cuts off what was taken once that is half of the list, so that taking costs constant time. */
  #compact(): void {
    if (this.#head * 2 < this.#items.length) return;
    if (this.#head === this.#items.length) this.#items.length = 0;
    else this.#items.splice(0, this.#head);
    this.#head = 0;
  }
}

/** A list that is not empty is left alone until this many were taken from it. */
const COMPACT_AT = 1024;

interface Waiter<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

interface Ending {
  readonly failed: boolean;
  readonly error: unknown;
}

function concluded(ending: Ending): IteratorResult<never, undefined> {
  if (ending.failed) throw ending.error;
  return { done: true, value: undefined };
}
