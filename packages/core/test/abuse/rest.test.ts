import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { connectedPair, numbered, numbersRead, upTo, verifyLog } from '../scenario/support.js';

const REST_MS = 10_000;

/** A pair that has sent something on both lanes both ways and then been at rest, `rounds` times. */
function restedPair(seed: number, rounds: number): Pair {
  const pair = connectedPair({
    seed,
    endpoint: { idleTimeoutMs: 0, record: { payloads: 'kept' } },
  });
  for (let round = 0; round < rounds; round++) {
    for (const side of ['client', 'server'] as const) {
      pair.send(side, numbered(2 * round, 3_000), { reliability: 'reliable' });
      pair.send(side, numbered(2 * round + 1, 200), { reliability: 'unreliable' });
    }
    pair.run(REST_MS);
  }
  return pair;
}

describe('a session that comes to rest again and again', () => {
  it('loses no message, and its log verifies', () => {
    const pair = restedPair(1, 20);
    for (const side of ['client', 'server'] as const) {
      expect(numbersRead(pair[side]).sort((a, b) => a - b)).toEqual(upTo(40));
    }
    pair.client.connection!.close({}, pair.now);
    pair.run(60_000, () => pair.server.connection!.isEnded);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('still tells a datagram that comes twice, however much later', () => {
    const pair = connectedPair({ seed: 2, endpoint: { idleTimeoutMs: 0 } });
    const { network } = pair.simulation;
    const captured: { data: Uint8Array }[] = [];
    network.setTap({
      onDatagram: (datagram) => {
        if (datagram.from.port === pair.client.address.port) captured.push(datagram);
        return 'pass';
      },
    });
    for (let n = 0; n < 5; n++) {
      pair.send('client', numbered(n, 100), { reliability: 'unreliable' });
      pair.run(100);
    }
    network.setTap(undefined);
    pair.run(REST_MS);
    const before = pair.server.connection!.drops.get('replay');
    for (const { data } of captured) {
      network.inject(pair.client.address, pair.server.address, data);
    }
    pair.run(REST_MS);
    expect(pair.server.connection!.drops.get('replay') - before).toBe(captured.length);
    expect(numbersRead(pair.server)).toEqual(upTo(5));
  });

  it('rotates its keys at rest and goes on', () => {
    const pair = restedPair(3, 1);
    pair.run(1_900_000);
    expect(pair.client.connection!.epoch).toBeGreaterThan(1);
    pair.send('server', numbered(9, 5_000), { reliability: 'reliable' });
    pair.run(REST_MS);
    expect(numbersRead(pair.client)).toContain(9);
  });

  it('sends nothing while it is at rest', () => {
    const pair = restedPair(4, 2);
    const sent = () => pair.client.connection!.counters.packetsSent;
    const before = sent();
    pair.run(60_000);
    expect(sent()).toBe(before);
  });

  it('wakes up for a ping, a move and an orderly end', () => {
    const pair = restedPair(5, 1);
    const client = pair.client.connection!;
    client.ping(pair.now);
    pair.run(REST_MS);
    expect(pair.client.events.filter(({ type }) => type === 'pong')).toHaveLength(1);
    expect(client.migrate(pair.now)).toBe(true);
    pair.run(REST_MS);
    pair.send('client', numbered(7, 100), { reliability: 'reliable' });
    pair.run(REST_MS);
    expect(numbersRead(pair.server)).toContain(7);
    pair.server.connection!.close({}, pair.now);
    pair.run(60_000, () => client.isEnded);
    expect(client.endInfo.code).toBe(0);
  });
});
