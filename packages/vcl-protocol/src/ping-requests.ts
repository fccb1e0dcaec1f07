import { AsyncQueue } from './async-queue.js';

/** Pings under way at a time; the peer's answers to older ones would be forgotten (SPEC 6.7). */
const MAX_UNDER_WAY = 16;

/** Callers that wait for the answers to their pings, each for its own. */
export class PingRequests {
  readonly #send: () => number;
  readonly #underWay = new Map<number, AsyncQueue<number>>();
  readonly #waiting = new Set<AsyncQueue<number>>();

  /** @param send sends a PING. Returns its id */
  constructor(send: () => number) {
    this.#send = send;
  }

  /** Sends a ping as soon as fewer than 16 are under way. @returns its latency in ms */
  async ping(signal: AbortSignal | undefined): Promise<number> {
    signal?.throwIfAborted();
    const answer = new AsyncQueue<number>();
    this.#waiting.add(answer);
    this.#sendWaiting();
    try {
      const { value } = await answer.next(signal);
      return value ?? 0;
    } finally {
      this.#waiting.delete(answer);
    }
  }

  /** An answer came. */
  onPong(id: number, latencyMs: number): void {
    this.#underWay.get(id)?.push(latencyMs);
    this.#underWay.delete(id);
    this.#sendWaiting();
  }

  /** No answer will come. */
  fail(error: Error): void {
    for (const answer of [...this.#underWay.values(), ...this.#waiting]) answer.fail(error);
    this.#underWay.clear();
    this.#waiting.clear();
  }

  #sendWaiting(): void {
    for (const answer of this.#waiting) {
      if (this.#underWay.size >= MAX_UNDER_WAY) return;
      this.#waiting.delete(answer);
      this.#underWay.set(this.#send(), answer);
    }
  }
}
