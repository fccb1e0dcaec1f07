import { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';

const COUNT = 200;

/** A pair with more messages under way than credit allows, and a server that does not read. */
function stalledPair(seed: number): Pair {
  const pair = new Pair({ seed, endpoint: { idleTimeoutMs: 60_000 } });
  expect(pair.establish()).toBe(true);
  pair.server.reading = false;
  for (let i = 0; i < COUNT; i++) {
    pair.send('client', new Uint8Array(4_000).fill(i), { reliability: 'reliable' });
  }
  pair.run(5_000);
  return pair;
}

describe('a sender that waits for credit', () => {
  it('keeps the session for as long as the reader is there', () => {
    const pair = stalledPair(1);
    const { packetsSent } = pair.client.connection!.counters;
    pair.run(600_000);
    expect(pair.client.connection!.isEnded).toBe(false);
    expect(pair.server.connection!.isEnded).toBe(false);
    expect(pair.client.connection!.counters.packetsSent - packetsSent).toBeLessThan(100);
    pair.server.reading = true;
    pair.server.read(pair.now);
    pair.run(10_000, () => pair.server.messages.length === COUNT);
    expect(pair.server.messages.map(({ payload }) => payload[0])).toEqual(
      Array.from({ length: COUNT }, (_, i) => i),
    );
  });

  it('still finds that the reader is gone', () => {
    const pair = stalledPair(2);
    pair.simulation.removeHost(pair.serverHost);
    pair.run(100_000);
    expect(pair.client.connection!.isEnded).toBe(true);
    expect(pair.client.connection!.endInfo.reason).toBe('idle timeout');
  });

  it('is quiet when the session has no idle timeout', () => {
    const pair = stalledPair(3);
    pair.client.connection!.setIdleTimeout(0);
    pair.server.connection!.setIdleTimeout(0);
    const { packetsSent } = pair.client.connection!.counters;
    pair.run(500_000);
    expect(pair.client.connection!.counters.packetsSent).toBe(packetsSent);
    expect(pair.client.connection!.isEnded).toBe(false);
  });
});

describe('the send buffer', () => {
  it.each([0, 1, 16])('is full of %i-byte messages before they fill the memory', (bytes) => {
    const pair = new Pair({ seed: 4 });
    expect(pair.establish()).toBe(true);
    pair.server.reading = false;
    const { connection } = pair.client;
    let sent = 0;
    while (!connection!.isSendBufferFull && sent < 100_000) {
      connection!.send(new Uint8Array(bytes), { reliability: 'reliable' }, pair.now);
      sent++;
    }
    expect(sent).toBeLessThan(10_000);
    expect(connection!.bufferedBytes).toBe(sent * bytes);
    pair.server.reading = true;
    pair.run(60_000, () => pair.server.messages.length === sent);
    expect(pair.server.messages).toHaveLength(sent);
    pair.run(1_000);
    expect(pair.client.events.map(({ type }) => type)).toContain('writable');
    expect(connection!.bufferedBytes).toBe(0);
  });
});
