import { describe, expect, it } from 'vitest';
import { closeBoth, connectedPair, eventsOf, numbered, numbersRead, verifyLog } from './support.js';

describe('a partial message', () => {
  it('whose deadline passes is reported as a gap by both sides, and the rest arrives', () => {
    const pair = connectedPair({ seed: 1, endpoint: { record: { payloads: 'kept' } } });
    pair.run(200);
    const { network } = pair.simulation;
    network.setConditions(pair.client.address, pair.server.address, { blackHole: true });
    pair.send('client', numbered(0, 900), { reliability: 'partial', deadlineMs: 150 });
    pair.run(300);
    network.setConditions(pair.client.address, pair.server.address, { blackHole: false });
    pair.send('client', numbered(1, 900), { reliability: 'partial', deadlineMs: 5_000 });
    pair.run(3_000);
    expect(numbersRead(pair.server)).toEqual([1]);
    expect(eventsOf(pair.client, 'abandoned')).toMatchObject([{ n: 0, length: 900 }]);
    expect(eventsOf(pair.server, 'gap')).toMatchObject([{ n: 0, length: 900 }]);
    expect(pair.server.connection!.verifiedThrough[1]).toBe(2);
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('that expires before its turn has no number and leaves no gap', () => {
    const pair = connectedPair({ seed: 2, config: { flowWindowAutoTune: false } });
    pair.server.reading = false;
    for (let n = 0; n < 100; n++)
      pair.send('client', numbered(n, 1_200), { reliability: 'partial' });
    pair.send('client', numbered(100, 500), { reliability: 'partial', deadlineMs: 50 });
    pair.run(2_000);
    pair.server.reading = true;
    pair.server.read(pair.now);
    pair.run(5_000);
    expect(eventsOf(pair.client, 'abandoned')).toMatchObject([{ n: -1, length: 500 }]);
    expect(eventsOf(pair.server, 'gap')).toEqual([]);
    expect(pair.server.messages).toHaveLength(100);
  });

  it('survives losses that an unreliable one does not', () => {
    const arrived = (reliability: 'partial' | 'unreliable'): number => {
      const pair = connectedPair({ seed: 3, link: { delayMs: 10, loss: 0.2 } });
      for (let n = 0; n < 100; n++) {
        pair.send('client', numbered(n, 1_000), { reliability });
        pair.run(5);
      }
      pair.run(5_000);
      expect(pair.server.messages.length + eventsOf(pair.server, 'gap').length).toBe(100);
      return pair.server.messages.length;
    };
    const partial = arrived('partial');
    expect(partial).toBeGreaterThan(97);
    expect(arrived('unreliable')).toBeLessThan(93);
  });

  it('is tried again early when its retry interval is short', () => {
    const firstTry = (retryIntervalMs: number): number => {
      const pair = connectedPair({ seed: 4, config: { retryIntervalMs }, link: { delayMs: 5 } });
      for (let i = 0; i < 20; i++) {
        pair.send('client', numbered(i, 10), { reliability: 'partial' });
        pair.run(30);
      }
      pair.server.messages.length = 0;
      const { network } = pair.simulation;
      network.setConditions(pair.client.address, pair.server.address, { blackHole: true });
      pair.send('client', numbered(99, 100), { reliability: 'partial' });
      network.setConditions(pair.client.address, pair.server.address, { blackHole: false });
      const since = pair.now;
      pair.run(5_000, () => pair.server.messages.length === 1);
      return pair.now - since;
    };
    expect(firstTry(16)).toBeLessThan(firstTry(0));
  });
});

describe('an unreliable message', () => {
  it('does not wait for a lost one before it', () => {
    const pair = connectedPair({ seed: 5, config: { delivery: 'authenticated' } });
    pair.run(200);
    const { network } = pair.simulation;
    const arrivals: [number, number][] = [];
    for (let n = 0; n < 10; n++) {
      const isLost = n === 3 || n === 4;
      network.setConditions(pair.client.address, pair.server.address, { blackHole: isLost });
      pair.send('client', numbered(n, 200), { reliability: 'unreliable' });
      const before = pair.server.messages.length;
      pair.run(11);
      if (pair.server.messages.length > before)
        arrivals.push([n, numbersRead(pair.server).at(-1)!]);
    }
    expect(arrivals).toEqual([0, 1, 2, 5, 6, 7, 8, 9].map((n) => [n, n]));
    pair.run(1_000);
    expect(eventsOf(pair.server, 'gap').map(({ n }) => n)).toEqual([3, 4]);
  });

  it('arrives at most once, however often the network repeats it', () => {
    const pair = connectedPair({ seed: 6, link: { delayMs: 10, duplicate: 0.9, reorder: 0.3 } });
    for (let n = 0; n < 200; n++) {
      pair.send('client', numbered(n, 50), { reliability: 'unreliable' });
      pair.run(1);
    }
    pair.run(2_000);
    const numbers = numbersRead(pair.server);
    expect(new Set(numbers).size).toBe(numbers.length);
  });
});

describe('a reliable message', () => {
  it('waits for a lost one before it', () => {
    const pair = connectedPair({ seed: 7, config: { delivery: 'authenticated' } });
    pair.run(200);
    const { network } = pair.simulation;
    network.setConditions(pair.client.address, pair.server.address, { blackHole: true });
    pair.send('client', numbered(0, 200), { reliability: 'reliable' });
    network.setConditions(pair.client.address, pair.server.address, { blackHole: false });
    pair.send('client', numbered(1, 200), { reliability: 'reliable' });
    pair.run(12);
    expect(pair.server.messages).toEqual([]);
    pair.run(500);
    expect(numbersRead(pair.server)).toEqual([0, 1]);
  });
});

describe('adaptive reliability', () => {
  it('stops waiting for lost messages with a deadline on a lossy path, and only there', () => {
    const pair = connectedPair({ seed: 8, config: { reliability: 'adaptive' } });
    for (let n = 0; n < 60; n++) {
      pair.send('client', numbered(n, 500), { deadlineMs: 200 });
      pair.run(10);
    }
    pair.run(500);
    expect(pair.server.messages.every(({ lane }) => lane === 0)).toBe(true);
    pair.simulation.network.setConditions(undefined, undefined, { loss: 0.3 });
    for (let n = 60; n < 260; n++) {
      pair.send('client', numbered(n, 500), { deadlineMs: 200 });
      pair.run(10);
    }
    pair.run(2_000);
    expect(pair.server.messages.some(({ lane }) => lane === 1)).toBe(true);
  });
});
