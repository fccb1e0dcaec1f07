import { MemoryBudget } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import {
  closeBoth,
  connectedPair,
  eventsOf,
  numbered,
  numbersRead,
  upTo,
  verifyLog,
} from './support.js';

describe('a receiver without memory for partial messages', () => {
  it('drops lossy ones, gets their leaves, and the chain holds', () => {
    const pair = connectedPair({
      seed: 1,
      server: { memory: new MemoryBudget(20_000) },
      endpoint: { record: { payloads: 'kept' } },
      link: { delayMs: 10, loss: 0.1 },
    });
    for (let n = 0; n < 12; n++) {
      pair.send('client', numbered(n, n % 3 === 0 ? 60_000 : 3_000), { reliability: 'partial' });
      pair.run(40);
    }
    pair.run(10_000);
    const gaps = eventsOf(pair.server, 'gap').map(({ n }) => n);
    expect(gaps.length).toBeGreaterThanOrEqual(4);
    const seen = new Set([...gaps, ...numbersRead(pair.server)]);
    expect([...seen].sort((a, b) => a - b)).toEqual(upTo(12));
    expect(pair.server.connection!.verifiedThrough[1]).toBe(12);
    closeBoth(pair);
    for (const side of ['client', 'server'] as const) {
      expect(verifyLog(pair, side).exitCode).toBe(0);
    }
  });

  it('drops a message that is still being sent, and its sender gives it up', () => {
    const pair = connectedPair({
      seed: 2,
      server: { memory: new MemoryBudget(30_000) },
      link: { delayMs: 10, bandwidthBitsPerSecond: 2_000_000 },
    });
    pair.send('client', numbered(0, 1_000_000), { reliability: 'partial' });
    pair.send('client', numbered(1, 100), { reliability: 'partial' });
    pair.run(20_000, () => pair.server.messages.length === 1);
    expect(numbersRead(pair.server)).toEqual([1]);
    expect(eventsOf(pair.client, 'abandoned')).toMatchObject([{ n: 0, length: 1_000_000 }]);
    expect(eventsOf(pair.server, 'gap')).toMatchObject([{ n: 0 }]);
    // The rest of it stayed at home.
    expect(pair.client.connection!.counters.bytesSent).toBeLessThan(300_000);
  });

  it('drops lossy ones before it refuses a reliable one', () => {
    const pair = connectedPair({
      seed: 3,
      server: { memory: new MemoryBudget(200_000) },
      link: { delayMs: 10, bandwidthBitsPerSecond: 20_000_000 },
    });
    pair.send('client', numbered(0, 190_000), { reliability: 'partial' });
    pair.send('client', numbered(1, 150_000), { reliability: 'reliable' });
    pair.run(20_000, () => pair.server.messages.length >= 1);
    pair.run(5_000);
    expect(pair.server.connection!.isEnded).toBe(false);
    expect(numbersRead(pair.server)).toContain(1);
  });

  it('closes when a reliable message alone is too much', () => {
    const pair = connectedPair({ seed: 4, server: { memory: new MemoryBudget(50_000) } });
    pair.send('client', numbered(0, 200_000), { reliability: 'reliable' });
    pair.run(10_000, () => pair.client.connection!.isEnded);
    expect(pair.client.connection!.endInfo.code).toBe(5);
  });
});
