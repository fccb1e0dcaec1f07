import { describe, expect, it } from 'vitest';
import { connectedPair, numbered, numbersRead } from './support.js';

/** A link on which a message of 1,000 bytes takes about 8 ms. */
const NARROW = { delayMs: 5, bandwidthBitsPerSecond: 1_000_000 };

describe('a message of high priority', () => {
  it.each(['reliable', 'unreliable'] as const)('overtakes %s ones that wait', (reliability) => {
    const pair = connectedPair({ seed: 1, link: NARROW, config: { delivery: 'authenticated' } });
    for (let n = 0; n < 100; n++) pair.send('client', numbered(n, 1_000), { reliability });
    pair.send('client', numbered(999, 100), { reliability, priority: 5 });
    pair.run(10_000, () => numbersRead(pair.server).includes(999));
    expect(pair.server.messages.length).toBeLessThan(60);
    pair.run(10_000, () => pair.server.messages.length === 101);
    expect(numbersRead(pair.server).filter((n) => n !== 999)).toEqual([...Array(100).keys()]);
  });

  it('overtakes the other lane', () => {
    for (const [bulk, urgent] of [
      ['reliable', 'unreliable'],
      ['unreliable', 'reliable'],
    ] as const) {
      const pair = connectedPair({ seed: 2, link: NARROW, config: { delivery: 'authenticated' } });
      for (let n = 0; n < 100; n++) pair.send('client', numbered(n, 1_000), { reliability: bulk });
      pair.send('client', numbered(999, 100), { reliability: urgent, priority: 5 });
      pair.run(10_000, () => numbersRead(pair.server).includes(999));
      expect(pair.server.messages.length).toBeLessThan(60);
    }
  });
});

describe('lanes of the same priority', () => {
  it('share the path: neither starves the other', () => {
    const pair = connectedPair({ seed: 3, link: NARROW, config: { delivery: 'authenticated' } });
    for (let n = 0; n < 60; n++) {
      pair.send('client', numbered(n, 1_000), { reliability: 'unreliable' });
      pair.send('client', numbered(n, 1_000), { reliability: 'reliable' });
    }
    pair.run(10_000, () => pair.server.messages.length >= 60);
    const reliable = pair.server.messages.filter(({ lane }) => lane === 0).length;
    expect(reliable).toBeGreaterThan(20);
    expect(reliable).toBeLessThan(40);
  });
});
