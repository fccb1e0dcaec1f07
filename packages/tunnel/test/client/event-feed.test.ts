import { describe, expect, it } from 'vitest';
import { EventFeed } from '../../src/client/event-feed.js';

describe('a feed of events', () => {
  it('gives each reader what happens from its beginning on, until the end', async () => {
    const feed = new EventFeed<number>();
    const first = feed.subscribe();
    feed.push(1);
    const second = feed.subscribe();
    feed.push(2);
    feed.end();
    const all = async (reader: AsyncIterable<number>) => {
      const seen: number[] = [];
      for await (const event of reader) seen.push(event);
      return seen;
    };
    expect([await all(first), await all(second), await all(feed.subscribe())]).toEqual([
      [1, 2],
      [2],
      [],
    ]);
  });

  it('answers every call that waits', async () => {
    const feed = new EventFeed<number>();
    const reader = feed.subscribe();
    const waiting = [reader.next(), reader.next(), reader.next()];
    feed.push(1);
    feed.push(2);
    feed.end();
    const values = (await Promise.all(waiting)).map(({ value }) => value);
    expect(values).toEqual([1, 2, undefined]);
  });

  it('forgets the oldest for a reader that takes nothing', async () => {
    const feed = new EventFeed<number>();
    const reader = feed.subscribe();
    for (let i = 0; i < 1_030; i++) feed.push(i);
    expect(await reader.next()).toEqual({ done: false, value: 6 });
  });
});
