import { describe, expect, it } from 'vitest';
import { closeBoth, verifyLog } from '../scenario/support.js';
import { offer, tunnelPair, upTo } from './support.js';

const full = (count: number): number[] => new Array<number>(count).fill(1_420);

describe('a port', () => {
  it('sends each message in a datagram of its own, with 32 bytes beside it at most', () => {
    const { pair, client, server } = tunnelPair({ seed: 1 });
    const before = { ...pair.client.connection!.counters };
    offer(pair, 'client', client, full(100));
    const { packetsSent, bytesSent } = pair.client.connection!.counters;
    expect(packetsSent - before.packetsSent).toBe(100);
    expect(bytesSent - before.bytesSent).toBeLessThanOrEqual(100 * (1_420 + 32));
    pair.run(1_000);
    expect(server.read_).toEqual(upTo(100));
  });

  it('is outside of congestion window and pacing, and leaves both as they were', () => {
    const { pair, client, server } = tunnelPair({ seed: 2 });
    const { cwnd } = pair.client.connection!.flow;
    const now = cwnd;
    offer(pair, 'client', client, full(2_000));
    expect(client.waiting).toEqual([]);
    expect(pair.client.connection!.flow.cwnd).toBe(now);
    pair.send('client', new Uint8Array(300), { reliability: 'reliable' });
    pair.run(15);
    expect(pair.server.messages.length).toBe(1);
    expect(server.read_.length).toBe(2_000);
  });

  it('has what it sent signed within 50 ms, by few statements', () => {
    const { pair, client } = tunnelPair({ seed: 3 });
    for (let i = 0; i < 100; i++) {
      offer(pair, 'client', client, full(10));
      pair.run(1);
    }
    pair.run(75);
    expect(pair.server.connection!.verifiedThrough[1]).toBe(1_000);
    const statements = pair.server.events.filter(({ type }) => type === 'verified');
    expect(statements.length).toBeLessThanOrEqual(6);
  });

  it('loses what the network loses, and both sides agree on the chain', () => {
    const link = { loss: 0.1, jitterMs: 8, duplicate: 0.05 };
    const record = { endpoint: { record: { payloads: 'kept' } } } as const;
    const { pair, client, server } = tunnelPair({ seed: 4, link, ...record });
    for (let round = 0; round < 50; round++) {
      offer(pair, 'client', client, full(20));
      offer(pair, 'server', server, [40, 1_420, 4]);
      pair.run(10);
    }
    pair.run(5_000);
    expect(server.read_.length).toBeGreaterThan(800);
    expect(server.read_.length).toBeLessThan(1_000);
    expect(new Set(server.read_).size).toBe(server.read_.length);
    expect(pair.server.connection!.verifiedThrough[1]).toBe(1_000);
    expect(pair.client.connection!.verifiedThrough[1]).toBe(150);
    const gaps = pair.server.events.filter(({ type }) => type === 'gap').length;
    expect(gaps).toBeGreaterThanOrEqual(1_000 - server.read_.length);
    closeBoth(pair);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
  });

  it('waits for an acknowledgement before its numbers run too far ahead', () => {
    const { pair, client } = tunnelPair({ seed: 5, link: { delayMs: 1_000 } });
    offer(pair, 'client', client, new Array<number>(10_000).fill(100));
    expect(client.sent).toBe(8_192);
    pair.run(3_000);
    expect(client.sent).toBe(10_000);
  });

  it('carries an acknowledgement with a message that leaves room for it', () => {
    const { pair, client, server } = tunnelPair({ seed: 6 });
    offer(pair, 'client', client, [100, 100]);
    pair.run(10);
    const { packetsSent } = pair.server.connection!.counters;
    offer(pair, 'server', server, [100]);
    expect(pair.server.connection!.counters.packetsSent - packetsSent).toBeLessThanOrEqual(2);
  });

  it('has room for what waits, however much there is to acknowledge', () => {
    const { pair, client, server } = tunnelPair({ seed: 14 });
    pair.simulation.network.setConditions(undefined, undefined, { delayMs: 10, loss: 0.4 });
    for (let round = 0; round < 40; round++) {
      offer(pair, 'server', server, new Array<number>(50).fill(100));
      client.waiting.push(...upTo(10).map((i) => 1_330 + 10 * i));
      pair.run(10);
    }
    expect([client.cramped, server.cramped]).toEqual([0, 0]);
    expect(client.waiting).toEqual([]);
  });

  it('lets an acknowledgement that is due go first, when there is no room beside messages', () => {
    const { pair, client, server } = tunnelPair({ seed: 15 });
    offer(pair, 'server', server, [100]);
    pair.run(12);
    let passed = 0;
    const isClient = ({ port }: { port: number }) => port === pair.client.address.port;
    pair.simulation.network.setTap({
      onDatagram: ({ from }) => (isClient(from) && passed++ > 0 ? 'drop' : 'pass'),
    });
    offer(pair, 'server', server, [100]);
    client.waiting.push(...full(20));
    pair.run(25);
    expect(passed).toBeGreaterThan(20);
    expect(pair.server.connection!.flow.inFlightCount()).toBe(0);
  });

  it('goes on with its numbers after a rest', () => {
    const { pair, client, server } = tunnelPair({
      seed: 7,
      endpoint: { restAfterMs: 1_000, idleTimeoutMs: 0 },
    });
    for (let round = 0; round < 12; round++) {
      offer(pair, 'client', client, full(1_000));
      offer(pair, 'server', server, full(10));
      pair.run(20_000);
    }
    expect(server.read_).toEqual(upTo(12_000));
    expect(client.read_).toEqual(upTo(120));
    expect(pair.server.connection!.verifiedThrough[1]).toBe(12_000);
  });

  it('loses what was under way after a rest as well, and says so', () => {
    const { pair, client, server } = tunnelPair({
      seed: 8,
      endpoint: { restAfterMs: 1_000, idleTimeoutMs: 0 },
    });
    offer(pair, 'client', client, full(9_000));
    pair.run(20_000);
    pair.simulation.network.setConditions(undefined, undefined, { delayMs: 10, loss: 0.3 });
    for (let i = 0; i < 20; i++) {
      offer(pair, 'client', client, full(20));
      pair.run(50);
    }
    pair.run(10_000);
    expect(server.read_.length).toBeLessThan(9_400);
    expect(pair.server.connection!.verifiedThrough[1]).toBe(9_400);
  });

  it('is told when nothing gets through any more', () => {
    const { pair, client } = tunnelPair({ seed: 9 });
    offer(pair, 'client', client, full(10));
    pair.run(100);
    const { network } = pair.simulation;
    network.setConditions(undefined, undefined, { delayMs: 10, loss: 1 });
    for (let i = 0; i < 40; i++) {
      offer(pair, 'client', client, full(1));
      pair.run(20);
    }
    network.setConditions(undefined, undefined, { delayMs: 10, loss: 0 });
    for (let i = 0; i < 40; i++) {
      offer(pair, 'client', client, full(1));
      pair.run(20);
    }
    expect(client.slowDowns).toBeGreaterThan(0);
  });

  it('leaves the reliable lane to the application, whatever the configuration says', () => {
    const { pair } = tunnelPair({ seed: 10, config: { reliability: 'unreliable' } });
    pair.send('client', new Uint8Array(5_000));
    pair.run(1_000);
    expect(pair.server.messages.map(({ lane }) => lane)).toEqual([0]);
  });

  it('is handed nothing before the first statement of the peer', () => {
    const { pair, client, server } = tunnelPair({ seed: 11, server: { inlineSignatures: false } });
    // The server has not checked the client's signature yet.
    offer(pair, 'client', client, full(3));
    pair.run(1_000);
    expect(server.read_).toEqual([]);
    expect(pair.server.connection!.drops.get('before-open')).toBe(3);
  });

  it('does not take a message that is too long for a datagram', () => {
    const { pair, client } = tunnelPair({ seed: 12 });
    offer(pair, 'client', client, [1_421]);
    expect([client.sent, client.waiting]).toEqual([0, [1_421]]);
    expect(client.cramped).toBeGreaterThan(0);
  });

  it('tells at the end which of what was handed over no signature covers', () => {
    const { pair, client } = tunnelPair({ seed: 13 });
    offer(pair, 'client', client, full(3));
    pair.run(11);
    pair.client.connection!.abort(1, 'gone', pair.now);
    pair.run(1_000);
    const unverified = pair.server.events.filter(({ type }) => type === 'unverified');
    expect(unverified).toEqual([{ type: 'unverified', lane: 1, from: 0 }]);
  });
});
