import { AsyncQueue } from './async-queue.js';
import type { MessageOptions } from './send-options.js';

/** A message that waits for room in the send buffer. */
interface WaitingMessage {
  readonly payload: Uint8Array;
  readonly options: MessageOptions;
  readonly accepted: AsyncQueue<never>;
}

/** Messages in front of a full send buffer, in the order of their `send`. */
export class SendQueue {
  readonly #waiting = new Set<WaitingMessage>();

  get isEmpty(): boolean {
    return this.#waiting.size === 0;
  }

  /** Resolves when the message was taken by {@link flush}. Rejects as `send` of that does. */
  async wait(payload: Uint8Array, options: MessageOptions): Promise<void> {
    const message = { payload, options, accepted: new AsyncQueue<never>() };
    this.#waiting.add(message);
    try {
      await message.accepted.next(options.signal);
    } finally {
      this.#waiting.delete(message);
    }
  }

  /** Hands messages to `send` while `hasRoom` says so. */
  flush(
    hasRoom: () => boolean,
    send: (payload: Uint8Array, options: MessageOptions) => void,
  ): void {
    for (const message of this.#waiting) {
      if (!hasRoom()) return;
      this.#waiting.delete(message);
      try {
        send(message.payload, message.options);
        message.accepted.end();
      } catch (error) {
        message.accepted.fail(error);
      }
    }
  }

  /** Nothing will be sent any more. */
  fail(error: Error): void {
    for (const message of this.#waiting) message.accepted.fail(error);
    this.#waiting.clear();
  }
}
