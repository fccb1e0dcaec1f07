import type { OutgoingMessage } from './outgoing-message.js';

/**
 * Messages that have no number yet: highest priority first, first in first out within a priority.
 * Shifting is constant time: each priority keeps a head index and compacts now and then.
 */
export class SendQueue {
  readonly #levels: Level[] = [];
  #count = 0;
  #bytes = 0;

  get count(): number {
    return this.#count;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(message: OutgoingMessage): void {
    this.#level(message.priority).items.push(message);
    this.#count++;
    this.#bytes += message.length;
  }

  /** The message that goes next. */
  peek(): OutgoingMessage | undefined {
    if (this.#count === 0) return undefined;
    for (const level of this.#levels) {
      if (level.head < level.items.length) return level.items[level.head];
    }
    return undefined;
  }

  shift(): OutgoingMessage | undefined {
    if (this.#count === 0) return undefined;
    for (const level of this.#levels) {
      const message = level.items[level.head];
      if (message === undefined) continue;
      level.head++;
      compact(level);
      this.#count--;
      this.#bytes -= message.length;
      return message;
    }
    return undefined;
  }

  /** The deadline of the message that goes next, or Infinity. */
  nextDeadline(): number {
    const next = this.peek();
    return next === undefined ? Number.POSITIVE_INFINITY : next.deadline;
  }

  clear(): void {
    this.#levels.length = 0;
    this.#count = 0;
    this.#bytes = 0;
  }

  #level(priority: number): Level {
    let at = 0;
    for (; at < this.#levels.length; at++) {
      const level = this.#levels[at]!;
      if (level.priority === priority) return level;
      if (level.priority < priority) break;
    }
    const level: Level = { priority, items: [], head: 0 };
    this.#levels.splice(at, 0, level);
    return level;
  }
}

interface Level {
  readonly priority: number;
  readonly items: OutgoingMessage[];
  head: number;
}

const COMPACT_AT = 1024;

function compact(level: Level): void {
  if (level.head === level.items.length) {
    level.items.length = 0;
    level.head = 0;
  } else if (level.head >= COMPACT_AT && level.head * 2 >= level.items.length) {
    level.items.splice(0, level.head);
    level.head = 0;
  }
}
