import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../src/message/outgoing-message.js';
import { SendQueue } from '../../src/message/send-queue.js';
import { outgoing } from './support.js';

describe('the queue of messages without a number', () => {
  it('gives the highest priority first and keeps the order within one', () => {
    const queue = new SendQueue();
    const priorities = [0, 5, 0, -3, 5, 0];
    const messages = priorities.map((priority) => outgoing(1, { priority }));
    for (const message of messages) queue.push(message);
    const order: number[] = [];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      order.push(messages.indexOf(next));
    }
    expect(order).toEqual([1, 4, 0, 2, 5, 3]);
  });

  it('orders like a stable sort, whatever is pushed and taken between', () => {
    const operation = fc.oneof(fc.integer({ min: -20, max: 20 }), fc.constant('take' as const));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
        const queue = new SendQueue();
        let naive: OutgoingMessage[] = [];
        for (const one of operations) {
          if (one === 'take') {
            expect(queue.shift()).toBe(naive.shift());
          } else {
            const message = outgoing(0, { priority: one });
            queue.push(message);
            naive = [...naive, message].sort((a, b) => b.priority - a.priority);
          }
          expect(queue.peek()).toBe(naive[0]);
          expect(queue.count).toBe(naive.length);
        }
      }),
    );
  });

  it('names the deadline of the message that goes next', () => {
    const queue = new SendQueue();
    expect(queue.nextDeadline()).toBe(Number.POSITIVE_INFINITY);
    queue.push(outgoing(1, { deadline: 30 }));
    queue.push(outgoing(1, { deadline: 99, priority: 1 }));
    expect(queue.nextDeadline()).toBe(99);
  });

  it('forgets priorities that are used once', () => {
    const queue = new SendQueue();
    for (let priority = 0; priority < 50_000; priority++) {
      queue.push(outgoing(0, { priority: 50_000 - priority }));
      queue.shift();
    }
    queue.push(outgoing(0, { priority: 0.5 }));
    expect(queue.shift()?.priority).toBe(0.5);
    expect(queue.count).toBe(0);
  });
});
