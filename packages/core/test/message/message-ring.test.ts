import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageRing } from '../../src/message/message-ring.js';
import { outgoing } from './support.js';

describe('the ring of unsettled messages', () => {
  it('finds messages by number until they are settled', () => {
    const ring = new MessageRing();
    const messages = [outgoing(1), outgoing(2), outgoing(3)];
    for (const message of messages) ring.push(message);
    expect(ring.get(1)).toBe(messages[1]);
    ring.settle(1);
    expect(ring.get(1)).toBeUndefined();
    expect(ring.get(3)).toBeUndefined();
    expect(ring.get(-1)).toBeUndefined();
  });

  it('has as its base the lowest number that is not settled', () => {
    const ring = new MessageRing();
    for (let n = 0; n < 5; n++) ring.push(outgoing(0));
    ring.settle(1);
    ring.settle(2);
    expect(ring.base).toBe(0);
    ring.settle(0);
    expect(ring.base).toBe(3);
    ring.settle(4);
    ring.settle(3);
    expect([ring.base, ring.next]).toEqual([5, 5]);
    ring.settle(2);
    ring.settle(5);
    expect([ring.base, ring.next]).toEqual([5, 5]);
  });

  it('behaves like a map while it grows and wraps', () => {
    const operation = fc.oneof(
      { weight: 2, arbitrary: fc.constant(-1) },
      { weight: 1, arbitrary: fc.nat(400) },
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 600 }), (operations) => {
        const ring = new MessageRing();
        const naive = new Map<number, unknown>();
        for (const one of operations) {
          if (one < 0) {
            const message = outgoing(0);
            naive.set(ring.next, message);
            ring.push(message);
          } else {
            naive.delete(one);
            ring.settle(one);
          }
        }
        for (let n = 0; n < ring.next + 2; n++) expect(ring.get(n)).toBe(naive.get(n));
        expect(ring.base).toBe(Math.min(ring.next, ...naive.keys()));
      }),
    );
  });
});
