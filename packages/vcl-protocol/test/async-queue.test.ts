import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AsyncQueue } from '../src/async-queue.js';

const DONE = { done: true, value: undefined };

describe('AsyncQueue', () => {
  it('gives items to waiting consumers in the order they came', async () => {
    const queue = new AsyncQueue<string>();
    const waiting = [queue.next(), queue.next()];
    queue.push('a');
    queue.push('b');
    queue.push('c');
    expect(queue.size).toBe(1);
    expect(await Promise.all([...waiting, queue.next()])).toEqual([
      { done: false, value: 'a' },
      { done: false, value: 'b' },
      { done: false, value: 'c' },
    ]);
  });

  it('shifts without waiting', () => {
    const queue = new AsyncQueue<number>();
    expect(queue.shift()).toBeUndefined();
    queue.push(1);
    queue.push(2);
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual([1, 2, undefined]);
  });

  it('keeps the order of a plain list through any mix of pushes and shifts', () => {
    const steps = fc.array(fc.oneof(fc.integer(), fc.constant('shift' as const)), {
      maxLength: 5_000,
      size: 'max',
    });
    fc.assert(
      fc.property(steps, (all) => {
        const queue = new AsyncQueue<number>();
        const list: number[] = [];
        for (const step of all) {
          if (step === 'shift') expect(queue.shift()).toBe(list.shift());
          else list.push(step) && queue.push(step);
          expect(queue.size).toBe(list.length);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('keeps the order beyond the point where taken items are cut off', () => {
    const queue = new AsyncQueue<number>();
    const taken: (number | undefined)[] = [];
    for (let i = 0; i < 10_000; i++) {
      queue.push(i);
      if (i % 3 !== 0) taken.push(queue.shift());
    }
    while (queue.size > 0) taken.push(queue.shift());
    expect(taken).toEqual(Array.from({ length: 10_000 }, (_, i) => i));
  });

  it('delivers what is queued after end, then nothing more', async () => {
    const queue = new AsyncQueue<string>();
    queue.push('last');
    queue.end();
    expect(queue.push('late')).toBe(false);
    expect(await queue.next()).toEqual({ done: false, value: 'last' });
    expect(await queue.next()).toEqual(DONE);
    expect(await queue.next()).toEqual(DONE);
  });

  it('wakes everybody at the end', async () => {
    const queue = new AsyncQueue<string>();
    const waiting = [queue.next(), queue.next()];
    queue.end();
    expect(await Promise.all(waiting)).toEqual([DONE, DONE]);
  });

  it('rejects with the error, after what is queued and at every wait', async () => {
    const queue = new AsyncQueue<string>();
    const failure = new Error('socket gone');
    queue.push('last');
    queue.fail(failure);
    queue.end();
    expect(await queue.next()).toEqual({ done: false, value: 'last' });
    await expect(queue.next()).rejects.toBe(failure);
    await expect(queue.next()).rejects.toBe(failure);
  });

  it('rejects those that wait when it fails', async () => {
    const queue = new AsyncQueue<string>();
    const waiting = Promise.allSettled([queue.next(), queue.next()]);
    queue.fail(undefined);
    expect((await waiting).map((result) => result.status)).toEqual(['rejected', 'rejected']);
    expect(queue.ended).toBe(true);
  });

  it('iterates until the end', async () => {
    const queue = new AsyncQueue<number>();
    for (const item of [1, 2, 3]) queue.push(item);
    queue.end();
    const seen: number[] = [];
    for await (const item of queue) seen.push(item);
    expect(seen).toEqual([1, 2, 3]);
  });

  it('survives a loop that is left early', async () => {
    const queue = new AsyncQueue<number>();
    queue.push(1);
    queue.push(2);
    for await (const item of queue) {
      expect(item).toBe(1);
      break;
    }
    expect(queue.shift()).toBe(2);
    expect(queue.push(3)).toBe(true);
  });
});

describe('an AbortSignal', () => {
  it('ends the wait with its reason and takes no item', async () => {
    const queue = new AsyncQueue<string>();
    const controller = new AbortController();
    const reason = new Error('enough');
    const waiting = queue.next(controller.signal);
    controller.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    queue.push('a');
    await expect(queue.next(controller.signal)).rejects.toBe(reason);
    expect(queue.size).toBe(1);
  });

  it('passes the item on to the next in line', async () => {
    const queue = new AsyncQueue<string>();
    const controller = new AbortController();
    const first = queue.next(controller.signal);
    const second = queue.next();
    controller.abort();
    queue.push('a');
    await expect(first).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    expect(await second).toEqual({ done: false, value: 'a' });
  });

  it('holds one listener a wait and none afterwards, however the wait ends', async () => {
    const { signal } = new AbortController();
    const listeners = () => getEventListeners(signal, 'abort').length;
    const queue = new AsyncQueue<number>();

    queue.push(0);
    await queue.next(signal);
    expect(listeners()).toBe(0);

    const served = [queue.next(signal), queue.next(signal)];
    expect(listeners()).toBe(2);
    queue.push(1);
    queue.push(2);
    await Promise.all(served);
    expect(listeners()).toBe(0);

    const ended = queue.next(signal);
    queue.end();
    await ended;
    expect(listeners()).toBe(0);

    const failing = new AsyncQueue<number>();
    const failed = failing.next(signal);
    expect(listeners()).toBe(1);
    failing.fail(new Error('x'));
    await expect(failed).rejects.toThrow('x');
    expect(listeners()).toBe(0);
  });

  it('leaves no listener after an abort', async () => {
    const controller = new AbortController();
    const queue = new AsyncQueue<number>();
    const waiting = queue.next(controller.signal);
    controller.abort();
    await expect(waiting).rejects.toThrow();
    expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
  });
});
