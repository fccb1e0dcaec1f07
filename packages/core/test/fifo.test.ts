import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fifo } from '../src/fifo.js';

describe('a first-in first-out queue', () => {
  it('behaves like an array that is pushed to and shifted from', () => {
    const operation = fc.oneof(fc.nat(), fc.constant(undefined));
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const fifo = new Fifo<number>();
        const naive: number[] = [];
        for (const item of operations) {
          if (item === undefined) {
            expect(fifo.poll()).toBe(naive.shift());
          } else {
            fifo.push(item);
            naive.push(item);
          }
          expect(fifo.count).toBe(naive.length);
          expect(fifo.isEmpty).toBe(naive.length === 0);
          expect(fifo.peek()).toBe(naive[0]);
        }
      }),
    );
  });

  it('keeps its order while it grows past a wrapped ring and gives the room back', () => {
    const fifo = new Fifo<number>();
    for (let i = 0; i < 5; i++) fifo.push(-1);
    for (let i = 0; i < 5; i++) fifo.poll();
    for (let i = 0; i < 5_000; i++) fifo.push(i);
    for (let i = 0; i < 5_000; i++) expect(fifo.poll()).toBe(i);
    fifo.push(7);
    expect(fifo.poll()).toBe(7);
    expect(fifo.poll()).toBeUndefined();
  });

  it('is empty after clear', () => {
    const fifo = new Fifo<string>();
    fifo.push('a');
    fifo.clear();
    expect(fifo.isEmpty).toBe(true);
    expect(fifo.poll()).toBeUndefined();
  });
});
