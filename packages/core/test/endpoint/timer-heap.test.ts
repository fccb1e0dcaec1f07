import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Timed, TimerHeap } from '../../src/endpoint/timer-heap.js';

interface Item extends Timed {
  readonly name: number;
}

function items(count: number): Item[] {
  return Array.from({ length: count }, (_, name) => ({
    name,
    deadline: Number.POSITIVE_INFINITY,
    heapIndex: -1,
  }));
}

describe('the timer heap', () => {
  it('gives items in the order of their deadlines, each once', () => {
    const heap = new TimerHeap<Item>();
    const [a, b, c] = items(3) as [Item, Item, Item];
    heap.set(a, 30);
    heap.set(b, 10);
    heap.set(c, 20);
    expect(heap.next).toBe(10);
    expect(heap.popDue(9)).toBeUndefined();
    expect([heap.popDue(25), heap.popDue(25), heap.popDue(25)]).toEqual([b, c, undefined]);
    expect(heap.next).toBe(30);
  });

  it('takes an item out whose deadline becomes Infinity', () => {
    const heap = new TimerHeap<Item>();
    const [a] = items(1) as [Item];
    heap.set(a, 5);
    heap.set(a, Number.POSITIVE_INFINITY);
    expect([heap.next, a.heapIndex]).toEqual([Number.POSITIVE_INFINITY, -1]);
    heap.remove(a);
    expect(heap.popDue(100)).toBeUndefined();
  });

  it('behaves like a list that is searched', () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant('set'), item: fc.nat(19), at: fc.nat(50) }),
      fc.record({ kind: fc.constant('remove'), item: fc.nat(19), at: fc.constant(0) }),
      fc.record({ kind: fc.constant('pop'), item: fc.constant(0), at: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 150 }), (operations) => {
        const heap = new TimerHeap<Item>();
        const all = items(20);
        const naive = new Map<Item, number>();
        for (const { kind, item: index, at } of operations) {
          const item = all[index]!;
          if (kind === 'set') {
            heap.set(item, at);
            naive.set(item, at);
          } else if (kind === 'remove') {
            heap.remove(item);
            naive.delete(item);
          } else {
            const due = heap.popDue(at);
            const earliest = Math.min(...naive.values());
            if (earliest > at) expect(due).toBeUndefined();
            else expect(naive.get(due!)).toBe(earliest);
            if (due !== undefined) naive.delete(due);
          }
          expect(heap.next).toBe(Math.min(...naive.values()));
          for (const one of all) expect(one.heapIndex >= 0).toBe(naive.has(one));
        }
      }),
    );
  });
});
