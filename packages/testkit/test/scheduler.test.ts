import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue, type QueueEntry } from '../src/scheduler.js';

describe('EventQueue', () => {
  it('is empty at first', () => {
    const queue = new EventQueue<string>();
    expect([queue.size, queue.nextAt, queue.pop()]).toEqual([
      0,
      Number.POSITIVE_INFINITY,
      undefined,
    ]);
  });

  it('gives entries of equal time back in the order they came', () => {
    const queue = new EventQueue<number>();
    for (let value = 0; value < 100; value++) queue.push(value % 3, value);
    const popped = Array.from({ length: 100 }, () => queue.pop()!.value);
    const expected = [0, 1, 2].flatMap((rest) =>
      Array.from({ length: 100 }, (_, value) => value).filter((value) => value % 3 === rest),
    );
    expect(popped).toEqual(expected);
  });

  it('does not remove an entry twice, nor one of another queue', () => {
    const queue = new EventQueue<string>();
    const other = new EventQueue<string>();
    const entry = queue.push(1, 'a');
    other.push(1, 'b');
    expect(other.remove(entry)).toBe(false);
    expect(queue.remove(entry)).toBe(true);
    expect(queue.remove(entry)).toBe(false);
    expect([queue.size, other.size]).toEqual([0, 1]);
  });

  it('behaves like a sorted list under any pushes, pops and removals', () => {
    const push = fc.record({ kind: fc.constant('push' as const), at: fc.nat(20) });
    const remove = fc.record({ kind: fc.constant('remove' as const), at: fc.nat(200) });
    const pop = fc.record({ kind: fc.constant('pop' as const), at: fc.constant(0) });
    fc.assert(
      fc.property(fc.array(fc.oneof(push, push, remove, pop), { maxLength: 200 }), (commands) => {
        const queue = new EventQueue<number>();
        let model: QueueEntry<number>[] = [];
        commands.forEach(({ kind, at }, value) => {
          if (kind === 'push') {
            model.push(queue.push(at, value));
            model.sort((left, right) => left.at - right.at || left.order - right.order);
          } else if (kind === 'pop') {
            expect(queue.pop()).toBe(model.shift());
          } else if (model.length > 0) {
            const entry = model[at % model.length]!;
            model = model.filter((kept) => kept !== entry);
            expect(queue.remove(entry)).toBe(true);
          }
          expect(queue.size).toBe(model.length);
          expect(queue.nextAt).toBe(model[0]?.at ?? Number.POSITIVE_INFINITY);
        });
        for (const entry of model) expect(queue.pop()).toBe(entry);
      }),
    );
  });
});
