import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import type { ReliabilityMode } from '../../src/config.js';
import { AdaptiveReliability } from '../../src/connection/adaptive-reliability.js';
import { DeliveryStats } from '../../src/recovery/delivery-stats.js';
import { establishedPair, numbered, numbersOf } from './support.js';

/** Sends one message into an outage of the way to the server, which lasts so long. */
function sendIntoOutage(pair: Pair, reliability: ReliabilityMode, outageMs: number): void {
  const { network } = pair.simulation;
  network.setConditions(pair.client.address, undefined, { blackHole: true });
  pair.send('client', numbered(1), { reliability });
  pair.run(outageMs);
  network.setConditions(pair.client.address, undefined, { blackHole: false });
  pair.run(10_000);
}

const numbersOfGaps = (pair: Pair) =>
  pair.server.events.flatMap((event) => (event.type === 'gap' ? [event.n] : []));

describe('a message that was lost', () => {
  it('comes when it is reliable, however long it takes', () => {
    const pair = establishedPair({ seed: 31, config: { maxRetries: 0 } });
    sendIntoOutage(pair, 'reliable', 20_000);
    expect(numbersOf(pair.server)).toEqual([1]);
  });

  it('is not sent again when it is unreliable; the peer is told what it was', () => {
    const pair = establishedPair({ seed: 32 });
    sendIntoOutage(pair, 'unreliable', 5);
    expect(pair.server.messages).toHaveLength(0);
    expect(numbersOfGaps(pair)).toEqual([0]);
    expect(pair.client.events).toContainEqual({ type: 'abandoned', n: 0, length: 40 });
  });

  it('is sent again within its retries when it is partial', () => {
    const pair = establishedPair({ seed: 33, config: { maxRetries: 5, retryIntervalMs: 100 } });
    sendIntoOutage(pair, 'partial', 120);
    expect(numbersOf(pair.server)).toEqual([1]);
    expect(numbersOfGaps(pair)).toEqual([]);
  });

  it('is given up when its retries are used up', () => {
    const pair = establishedPair({ seed: 34, config: { maxRetries: 2, retryIntervalMs: 50 } });
    sendIntoOutage(pair, 'partial', 2_000);
    expect(pair.server.messages).toHaveLength(0);
    expect(numbersOfGaps(pair)).toEqual([0]);
  });

  it('is tried again sooner with a shorter retryIntervalMs', () => {
    const firstRetryMs = (retryIntervalMs: number): number => {
      const pair = establishedPair({ seed: 35, config: { maxRetries: 5, retryIntervalMs } });
      const start = pair.now;
      const sentAt: number[] = [];
      pair.simulation.network.setTap({
        onDatagram: ({ from, now, data }) => {
          if (from.port === pair.client.address.port && data.length > 900) sentAt.push(now - start);
          return 'drop';
        },
      });
      pair.send('client', new Uint8Array(1_000), { reliability: 'partial' });
      pair.run(1_000);
      return sentAt[1] ?? Number.POSITIVE_INFINITY;
    };
    expect(firstRetryMs(16)).toBeLessThan(firstRetryMs(60_000));
  });
});

describe('the mode adaptive', () => {
  const statsOf = (lost: number, acknowledged: number): DeliveryStats => {
    const stats = new DeliveryStats();
    for (let i = 0; i < lost; i++) stats.onLost();
    for (let i = 0; i < acknowledged; i++) stats.onAcked();
    return stats;
  };

  it('is reliable until 32 packets are known and 5 % of the last 128 are lost', () => {
    const adaptive = new AdaptiveReliability();
    expect(adaptive.resolve('adaptive', true, statsOf(10, 21))).toBe('reliable');
    expect(adaptive.resolve('adaptive', true, statsOf(6, 122))).toBe('reliable');
    expect(adaptive.resolve('adaptive', true, statsOf(7, 121))).toBe('partial');
  });

  it('stays as it is until the loss has fallen to 1 %', () => {
    const adaptive = new AdaptiveReliability();
    adaptive.resolve('adaptive', true, statsOf(7, 121));
    expect(adaptive.resolve('adaptive', true, statsOf(2, 126))).toBe('partial');
    expect(adaptive.resolve('adaptive', true, statsOf(1, 127))).toBe('reliable');
    expect(adaptive.resolve('adaptive', true, statsOf(6, 122))).toBe('reliable');
  });

  it('never gives up a message without a deadline', () => {
    const adaptive = new AdaptiveReliability();
    expect(adaptive.resolve('adaptive', false, statsOf(64, 64))).toBe('reliable');
  });

  it('leaves the other modes alone', () => {
    const adaptive = new AdaptiveReliability();
    for (const mode of ['reliable', 'partial', 'unreliable'] as const) {
      expect(adaptive.resolve(mode, true, statsOf(64, 64))).toBe(mode);
    }
  });
});
