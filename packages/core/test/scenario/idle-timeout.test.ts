import { describe, expect, it } from 'vitest';
import { connectedPair, eventsOf } from './support.js';

describe('a session in which nobody speaks', () => {
  it('ends silently after the smaller timeout of both', () => {
    const pair = connectedPair({
      seed: 1,
      client: { idleTimeoutMs: 5_000 },
      server: { idleTimeoutMs: 60_000 },
    });
    pair.run(1_500);
    const { packetsSent } = pair.client.connection!.counters;
    pair.run(3_000);
    expect(pair.client.connection!.isEnded).toBe(false);
    pair.run(5_000);
    for (const side of [pair.client, pair.server]) {
      expect(eventsOf(side, 'closed')).toMatchObject([{ code: 15, remote: false }]);
      expect(side.connection!.isClosed).toBe(true);
      expect(side.endpoint.cids.size).toBe(0);
    }
    expect(pair.client.connection!.counters.packetsSent).toBe(packetsSent);
  });

  it('lives on when it is pinged', () => {
    const pair = connectedPair({ seed: 2, endpoint: { idleTimeoutMs: 5_000 } });
    for (let i = 0; i < 10; i++) {
      pair.client.connection!.ping(pair.now);
      pair.run(4_000);
    }
    expect(pair.client.connection!.isEnded).toBe(false);
    expect(eventsOf(pair.client, 'pong')).toHaveLength(10);
    expect(eventsOf(pair.client, 'pong')[3]?.latencyMs).toBeCloseTo(20, 0);
  });

  it('lives on for ever when both sides switched the timeout off', () => {
    const pair = connectedPair({ seed: 3, endpoint: { idleTimeoutMs: 0 } });
    pair.run(86_400_000);
    expect(pair.client.connection!.isEnded).toBe(false);
  });

  it('ends on the side whose peer is gone, though that side still tries to send', () => {
    const pair = connectedPair({ seed: 4, endpoint: { idleTimeoutMs: 5_000 } });
    pair.run(1_000);
    pair.simulation.removeHost(pair.serverHost);
    pair.send('client', new Uint8Array(100), { reliability: 'reliable' });
    const since = pair.now;
    pair.run(60_000, () => pair.client.connection!.isEnded);
    expect(pair.now - since).toBeGreaterThan(4_900);
    expect(pair.now - since).toBeLessThan(6_000);
    expect(pair.client.connection!.endInfo.code).toBe(15);
  });
});
