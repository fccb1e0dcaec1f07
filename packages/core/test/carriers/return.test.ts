import { CarrierEnd } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../scenario/support.js';
import { type CarriedPair, migrate, overCarrier, overUdp, setUdp, Traffic } from './support.js';

/** A session that says nothing lasts. */
const PATIENT = {
  endpoint: { record: { payloads: 'kept' }, idleTimeoutMs: 600_000 },
} as const;

describe('a return to UDP', () => {
  /** A session that fled to a carrier. */
  function fled(seed: number): CarriedPair & { traffic: Traffic } {
    const { pair, open } = overUdp({ seed, ...PATIENT });
    const traffic = new Traffic(pair);
    setUdp(pair, false);
    traffic.send(5, 2_000);
    pair.run(300);
    expect(migrate(pair, open())).toBe(true);
    traffic.expectWhole(2_000);
    pair.run(500);
    return { pair, open, traffic };
  }

  it('is tried beside the carrier, told, and then made', () => {
    const { pair, traffic } = fled(7);
    const { connection } = pair.client;
    setUdp(pair, true);
    expect(connection!.use(pair.server.address, pair.now)).toBe(false);
    expect(connection!.probe(pair.server.address, pair.now)).toBe(true);
    traffic.send(20, 5_000);
    traffic.expectWhole(1_000);
    pair.run(100);
    expect(eventsOf(pair.client, 'pathReady')).toMatchObject([{ remote: pair.server.address }]);
    // Not before the client says so.
    expect(pair.server.connection!.remote).toBeInstanceOf(CarrierEnd);
    traffic.send(20, 5_000);
    pair.run(10);
    expect(connection!.use({ ...pair.server.address }, pair.now)).toBe(true);
    traffic.expectWhole(3_000);
    expect(pair.server.connection!.remote).toMatchObject(pair.client.address);
    expect(pair.client.connection!.remote).toMatchObject(pair.server.address);
    traffic.expectEvidence();
  });

  it('is tried again at most every 8 s while UDP is dead, and at nothing else of cost', () => {
    const { pair } = fled(8);
    expect(pair.client.connection!.probe(pair.server.address, pair.now)).toBe(true);
    pair.run(30_000);
    const before = pair.simulation.network.counters();
    const start = pair.now;
    pair.run(80_000);
    const { sent } = pair.simulation.network.counters();
    expect(pair.now - start).toBe(80_000);
    expect(sent - before.sent).toBeGreaterThanOrEqual(9);
    expect(sent - before.sent).toBeLessThanOrEqual(11);
    setUdp(pair, true);
    pair.run(8_100, () => eventsOf(pair.client, 'pathReady').length > 0);
    expect(eventsOf(pair.client, 'pathReady')).toHaveLength(1);
  });

  it.each([
    ['the server has heard of', (_: unknown, toServer: boolean) => toServer],
    ['is a dead end', () => false],
  ])('is made from a carrier that never answered, and %s', (_, tap) => {
    const { pair, open } = overUdp({ seed: 16, ...PATIENT });
    const traffic = new Traffic(pair);
    setUdp(pair, false);
    traffic.send(5, 2_000);
    pair.run(300);
    const pipe = open();
    pipe.setTap(tap);
    expect(migrate(pair, pipe)).toBe(true);
    pair.run(300);
    setUdp(pair, true);
    const { connection } = pair.client;
    // The path that was left leads there still, but nobody goes back to it.
    expect(connection!.leadsTo(pair.server.address)).toBe(false);
    expect(connection!.probe(pair.server.address, pair.now)).toBe(true);
    expect(connection!.leadsTo(pair.server.address)).toBe(true);
    pair.run(300, () => eventsOf(pair.client, 'pathReady').length > 0);
    expect(connection!.use(pair.server.address, pair.now)).toBe(true);
    traffic.send(5, 2_000);
    traffic.expectWhole(3_000);
    traffic.expectEvidence();
  });

  it.each([
    [1, 'UDP', overUdp],
    [2, 'UDP', overUdp],
    [3, 'UDP', overUdp],
    [4, 'UDP', overUdp],
    [1, 'a carrier', overCarrier],
    [2, 'a carrier', overCarrier],
    [3, 'a carrier', overCarrier],
    [4, 'a carrier', overCarrier],
  ])('is possible after %i carriers that never answered, from %s', (count, _, begin) => {
    const { pair, open } = begin({ seed: 17 + count, ...PATIENT });
    const { connection } = pair.client;
    const traffic = new Traffic(pair);
    setUdp(pair, false);
    traffic.send(5, 2_000);
    for (let i = 0; i < count; i++) {
      connection!.probe(pair.server.address, pair.now);
      pair.run(5_000);
      const next = open();
      next.setTap(() => false);
      expect(migrate(pair, next)).toBe(true);
    }
    connection!.probe(pair.server.address, pair.now);
    pair.run(300);
    setUdp(pair, true);
    pair.run(9_000, () => eventsOf(pair.client, 'pathReady').length > 0);
    expect(connection!.use(pair.server.address, pair.now)).toBe(true);
    traffic.expectWhole(20_000);
    traffic.expectEvidence();
  });

  it('asked for again and again takes one path and no more ids', () => {
    const { pair } = fled(9);
    for (let again = 0; again < 30; again++) {
      expect(pair.client.connection!.probe(pair.server.address, pair.now)).toBe(true);
      pair.run(500);
    }
    setUdp(pair, true);
    pair.run(9_000);
    expect(eventsOf(pair.client, 'pathReady')).toHaveLength(1);
    expect(pair.client.connection!.use(pair.server.address, pair.now)).toBe(true);
    pair.run(1_000);
    expect(pair.server.connection!.remote).toMatchObject(pair.client.address);
  });

  it('can be made and undone many times', () => {
    const { pair, open, traffic } = fled(10);
    setUdp(pair, true);
    for (let round = 0; round < 10; round++) {
      traffic.send(5, 3_000);
      expect(pair.client.connection!.probe(pair.server.address, pair.now)).toBe(true);
      pair.run(200);
      expect(pair.client.connection!.use(pair.server.address, pair.now)).toBe(true);
      traffic.send(5, 3_000);
      pair.run(200);
      expect(migrate(pair, open())).toBe(true);
      pair.run(200);
    }
    traffic.expectWhole(2_000);
    traffic.expectEvidence();
  });
});

describe('a path that the session has left', () => {
  it('is no place to use again, however well it was known', () => {
    const { pair, open } = overUdp({ seed: 14 });
    expect(migrate(pair, open({ delayMs: 500 }))).toBe(true);
    expect(pair.client.connection!.use(pair.server.address, pair.now)).toBe(false);
    expect(pair.client.connection!.leadsTo(pair.server.address)).toBe(false);
    pair.run(3_000);
    expect(pair.client.connection!.leadsTo(pair.server.address)).toBe(false);
  });

  it('is not the place where the session is: nothing is tried there', () => {
    const { pair, pipe } = overCarrier({ seed: 15 });
    expect(pair.client.connection!.probe(pipe.toServer, pair.now)).toBe(false);
    expect(pair.client.connection!.use(pipe.toServer, pair.now)).toBe(true);
  });
});
