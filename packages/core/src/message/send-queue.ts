import { Fifo } from '../fifo.js';
import type { OutgoingMessage } from './outgoing-message.js';

/** Empty levels are kept for their next message up to so many priorities. */
const KEPT_LEVELS = 8;

/** The waiting messages of one priority. */
interface Level {
  readonly priority: number;
  readonly items: Fifo<OutgoingMessage>;
}

/**
 * Messages that have no number yet: highest priority first, first in first out within a priority.
 * All verbs take constant time for a fixed set of priorities.
 */
export class SendQueue {
  /** In falling order of priority. */
  readonly #levels: Level[] = [];
  #count = 0;

  /** How many messages wait. */
  get count(): number {
    return this.#count;
  }

  push(message: OutgoingMessage): void {
    this.#level(message.priority).items.push(message);
    this.#count++;
  }

  /** The message that goes next. */
  peek(): OutgoingMessage | undefined {
    return this.#first()?.items.peek();
  }

  /** Takes out the message that goes next. */
  shift(): OutgoingMessage | undefined {
    const level = this.#first();
    const message = level?.items.poll();
    if (level === undefined || message === undefined) return undefined;
    this.#count--;
    if (level.items.isEmpty && this.#levels.length > KEPT_LEVELS) {
      this.#levels.splice(this.#levels.indexOf(level), 1);
    }
    return message;
  }

  /** The deadline of the message that goes next, or Infinity. */
  nextDeadline(): number {
    const next = this.peek();
    return next === undefined ? Number.POSITIVE_INFINITY : next.queueDeadline;
  }

  #first(): Level | undefined {
    if (this.#count === 0) return undefined;
    for (const level of this.#levels) if (!level.items.isEmpty) return level;
    return undefined;
  }

  #level(priority: number): Level {
    let at = 0;
    for (; at < this.#levels.length; at++) {
      const level = this.#levels[at]!;
      if (level.priority === priority) return level;
      if (level.priority < priority) break;
    }
    const level: Level = { priority, items: new Fifo<OutgoingMessage>() };
    this.#levels.splice(at, 0, level);
    return level;
  }
}
