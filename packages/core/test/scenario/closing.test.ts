import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { connectedPair, eventsOf, numbered, numbersRead, type SideName, upTo } from './support.js';

function runUntilEnded(pair: Pair, withinMs = 60_000): void {
  const { client, server } = pair;
  pair.run(withinMs, () => client.connection!.isEnded && server.connection!.isEnded);
}

describe.each(['client', 'server'] as const)('an orderly end by the %s', (side: SideName) => {
  const other: SideName = side === 'client' ? 'server' : 'client';

  it('delivers what both sides have queued first', () => {
    const pair = connectedPair({ seed: 1, link: { delayMs: 20, loss: 0.1 } });
    for (let n = 0; n < 50; n++) {
      pair.send(side, numbered(n, 2_000), { reliability: 'reliable' });
      pair.send(other, numbered(n, 2_000), { reliability: 'reliable' });
    }
    pair[side].connection!.close({}, pair.now);
    runUntilEnded(pair);
    expect(numbersRead(pair[other])).toEqual(upTo(50));
    expect(numbersRead(pair[side])).toEqual(upTo(50));
    expect(eventsOf(pair[other], 'finished')).toHaveLength(1);
    expect(eventsOf(pair[side], 'closed')).toMatchObject([{ code: 0 }]);
    expect(eventsOf(pair[other], 'closed')).toMatchObject([{ code: 0 }]);
  });

  it('tells the other side the code and the reason of the application', () => {
    const pair = connectedPair({ seed: 2 });
    pair[side].connection!.close({ applicationCode: 77, reason: 'bye' }, pair.now);
    runUntilEnded(pair);
    const said = { code: 18, applicationCode: 77, reason: 'bye' };
    expect(eventsOf(pair[side], 'closed')).toMatchObject([{ ...said, remote: false }]);
    expect(eventsOf(pair[other], 'closed')).toMatchObject([{ ...said, remote: true }]);
  });

  it('takes no more messages from there on', () => {
    const pair = connectedPair({ seed: 3 });
    pair[side].connection!.close({}, pair.now);
    expect(() => pair.send(side, numbered(0, 2))).toThrow(
      expect.objectContaining({ code: 'ConnectionClosed' }),
    );
  });

  it('is cut short when nothing moves for the linger time', () => {
    const pair = connectedPair({ seed: 4 });
    pair.simulation.network.setConditions(undefined, undefined, { blackHole: true });
    pair.send(side, numbered(0, 100), { reliability: 'reliable' });
    pair[side].connection!.close({ lingerMs: 2_000 }, pair.now);
    pair.run(1_900);
    expect(pair[side].connection!.isEnded).toBe(false);
    pair.run(200);
    expect(pair[side].connection!.isEnded).toBe(true);
  });
});

describe('an end', () => {
  it('that both sides want at once comes once', () => {
    const pair = connectedPair({ seed: 5 });
    pair.send('client', numbered(0, 100), { reliability: 'reliable' });
    pair.client.connection!.close({}, pair.now);
    pair.server.connection!.close({}, pair.now);
    runUntilEnded(pair);
    for (const side of [pair.client, pair.server]) {
      expect(eventsOf(side, 'closed')).toMatchObject([{ code: 0 }]);
    }
    expect(numbersRead(pair.server)).toEqual([0]);
  });

  it('with a code that the application names while it answers the peer still counts', () => {
    const pair = connectedPair({ seed: 6, link: { delayMs: 50 } });
    pair.send('server', numbered(0, 60_000), { reliability: 'reliable' });
    pair.client.connection!.close({}, pair.now);
    pair.run(60);
    pair.server.connection!.close({ applicationCode: 5, lingerMs: 0 }, pair.now);
    runUntilEnded(pair);
    const said = { code: 18, applicationCode: 5 };
    expect(pair.server.connection!.endInfo).toMatchObject(said);
    expect(pair.client.connection!.endInfo).toMatchObject(said);
  });

  it('at once drops what is queued and needs one datagram', () => {
    const pair = connectedPair({ seed: 7 });
    pair.run(200);
    for (let n = 0; n < 100; n++)
      pair.send('client', numbered(n, 3_000), { reliability: 'reliable' });
    pair.client.connection!.abort(1, 'a fault', pair.now);
    pair.run(100);
    expect(eventsOf(pair.server, 'closed')).toMatchObject([{ code: 1, reason: 'a fault' }]);
    expect(pair.server.messages.length).toBeLessThan(100);
  });

  it('while the pacer holds packets back leaves no timer behind', () => {
    const pair = connectedPair({ seed: 8, link: { delayMs: 50 } });
    for (let n = 0; n < 300; n++)
      pair.send('client', numbered(n, 1_000), { reliability: 'reliable' });
    pair.run(120);
    pair.client.connection!.abort(1, '', pair.now);
    pair.run(60_000);
    expect(pair.client.connection!.isClosed).toBe(true);
    expect(pair.server.connection!.isClosed).toBe(true);
  });

  it('whose CLOSE is lost is said again to whoever still speaks, but at most once a PTO', () => {
    const pair = connectedPair({ seed: 9 });
    pair.run(500);
    const { network } = pair.simulation;
    network.setConditions(pair.client.address, pair.server.address, { blackHole: true });
    pair.client.connection!.abort(1, '', pair.now);
    pair.run(5);
    const sentBefore = pair.client.connection!.counters.packetsSent;
    network.setConditions(pair.client.address, pair.server.address, { blackHole: false });
    for (let n = 0; n < 10; n++) {
      pair.send('server', numbered(n, 100), { reliability: 'reliable' });
      pair.run(1);
    }
    pair.run(30);
    expect(pair.client.connection!.counters.packetsSent - sentBefore).toBeLessThanOrEqual(1);
    pair.run(500);
    expect(pair.server.connection!.isEnded).toBe(true);
    expect(pair.server.connection!.endInfo.code).toBe(1);
  });

  it('is over after three probe timeouts: nothing is kept', () => {
    const pair = connectedPair({ seed: 10 });
    pair.client.connection!.close({}, pair.now);
    runUntilEnded(pair);
    pair.run(3_000);
    for (const { endpoint, connection } of [pair.client, pair.server]) {
      expect(connection!.isClosed).toBe(true);
      expect([endpoint.connectionCount, endpoint.cids.size]).toEqual([0, 0]);
    }
  });

  it('leaves messages that were not read yet where they are', () => {
    const pair = connectedPair({ seed: 11 });
    pair.server.reading = false;
    for (let n = 0; n < 5; n++) pair.send('client', numbered(n, 100), { reliability: 'reliable' });
    pair.client.connection!.close({}, pair.now);
    pair.run(5_000);
    expect(pair.server.connection!.isClosed).toBe(true);
    pair.server.read(pair.now);
    expect(numbersRead(pair.server)).toEqual(upTo(5));
  });

  it('stops all verbs that would change the session', () => {
    const pair = connectedPair({ seed: 12, endpoint: { record: { payloads: 'kept' } } });
    pair.send('client', numbered(0, 5_000), { reliability: 'unreliable' });
    const client = pair.client.connection!;
    client.abort(0, '', pair.now);
    const log = (): number => pair.client.log().length;
    pair.run(10);
    const before = log();
    expect(client.giveUp(0, pair.now)).toBe(false);
    client.rotateKeys(pair.now);
    client.ping(pair.now);
    client.close({}, pair.now);
    pair.run(1_000);
    expect(log()).toBe(before);
    expect(eventsOf(pair.client, 'closed')).toHaveLength(1);
  });
});
