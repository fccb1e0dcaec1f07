import type { VCLConfig } from '@vcl-protocol/core';
import type { CarrierPipe, Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import {
  closeBoth,
  eventsOf,
  numbered,
  numbersRead,
  upTo,
  verifyLog,
} from '../scenario/support.js';
import { migrate, overCarrier, overUdp, timeoutsDuring } from './support.js';

const RECORDED = { record: { payloads: 'kept' } } as const;
const RELIABLE = { reliability: 'reliable' } as const;
const UNRELIABLE = { reliability: 'unreliable' } as const;
const MIB = 1_048_576;

describe('what may be lost, on an ordered carrier', () => {
  it('is dropped before it has a number when there was no room for 50 ms', () => {
    const { pair, pipe } = overCarrier({ seed: 1, endpoint: RECORDED }, { highWaterBytes: 20_000 });
    pipe.hold();
    for (let n = 0; n < 3; n++) pair.send('client', numbered(n, 20_000), RELIABLE);
    for (let n = 10; n < 30; n++) pair.send('client', numbered(n, 400), UNRELIABLE);
    pair.run(49);
    expect(eventsOf(pair.client, 'abandoned')).toEqual([]);
    pair.run(2);
    expect(eventsOf(pair.client, 'abandoned')).toHaveLength(20);
    expect(eventsOf(pair.client, 'abandoned').every(({ n }) => n === -1)).toBe(true);
    pair.run(1_000);
    pair.send('client', numbered(30, 400), UNRELIABLE);
    pipe.release();
    pair.run(1_000);
    expect(numbersRead(pair.server).sort((a, b) => a - b)).toEqual([0, 1, 2, 30]);
    expect(eventsOf(pair.server, 'gap')).toEqual([]);
    closeBoth(pair);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('waits as long as its own deadline says', () => {
    const { pair, pipe } = overCarrier({ seed: 2 }, { highWaterBytes: 20_000 });
    pipe.hold();
    for (let n = 0; n < 3; n++) pair.send('client', numbered(n, 20_000), RELIABLE);
    pair.send('client', numbered(5, 400), { reliability: 'partial', deadlineMs: 5_000 });
    pair.run(3_000);
    expect(eventsOf(pair.client, 'abandoned')).toEqual([]);
    pipe.release();
    pair.run(1_000);
    expect(numbersRead(pair.server)).toContain(5);
  });

  it('is finished once it has begun to leave, however long that takes', () => {
    const { pair } = overCarrier(
      { seed: 3, config: { maxMessageBytes: 16 * MIB, receiveWindowMaxBytes: 16 * MIB } },
      { bytesPerMs: 2_000 },
    );
    pair.send('client', new Uint8Array(16 * MIB).fill(7), { reliability: 'partial' });
    pair.run(20);
    pair.send('client', numbered(1, 100), UNRELIABLE);
    pair.run(60_000, () => pair.server.messages.length > 0);
    expect(pair.server.messages[0]?.payload.length).toBe(16 * MIB);
    expect(eventsOf(pair.client, 'abandoned')).toMatchObject([{ n: -1, length: 100 }]);
    expect(pair.client.connection!.counters.packetsRetransmitted).toBe(0);
  });

  it('that broke with it is a gap, or goes again, as it asked for', () => {
    const { pair, pipe, open } = overCarrier({ seed: 4, endpoint: RECORDED });
    pipe.setTap(() => false);
    for (let n = 0; n < 5; n++) pair.send('client', numbered(n, 300), UNRELIABLE);
    for (let n = 5; n < 10; n++) pair.send('client', numbered(n, 300), { reliability: 'partial' });
    pair.run(200);
    pipe.lose();
    expect(migrate(pair, open())).toBe(true);
    pair.run(1_000);
    expect(numbersRead(pair.server)).toEqual([5, 6, 7, 8, 9]);
    expect(eventsOf(pair.server, 'gap').map(({ n }) => n)).toEqual(upTo(5));
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });
});

/** A session on a carrier with a lossy side that is proved. */
function twoSided(
  seed: number,
  loss: number,
  config: Partial<VCLConfig> = {},
): { pair: Pair; pipe: CarrierPipe; side: CarrierPipe } {
  const endpoint = { ...RECORDED, idleTimeoutMs: 600_000 };
  const { pair, pipe } = overCarrier({ seed, config, endpoint });
  const random = pair.simulation.random.fork('side');
  const side = pipe.addLossySide({ random, loss, maxRecordBytes: 1_200 });
  expect(pair.client.connection!.probe(side.toServer, pair.now)).toBe(true);
  pair.run(10_000, () => eventsOf(pair.client, 'pathReady').length > 0);
  pair.run(2_000);
  return { pair, pipe, side };
}

describe('a carrier with a lossy side', () => {
  it('takes what may be lost there, and all else on the ordered one', () => {
    const { pair, pipe, side } = twoSided(5, 0);
    const before = [pipe.toServer.sentBytes, side.toServer.sentBytes] as const;
    for (let n = 0; n < 50; n++) {
      pair.send('client', numbered(n, 1_000), UNRELIABLE);
      pair.run(10);
    }
    pair.run(1_000);
    expect(numbersRead(pair.server)).toEqual(upTo(50));
    expect(side.toServer.sentBytes - before[1]).toBeGreaterThan(50_000);
    // Statements only.
    expect(pipe.toServer.sentBytes - before[0]).toBeLessThan(20_000);
    const sideBytes = side.toServer.sentBytes;
    for (let n = 50; n < 70; n++) pair.send('client', numbered(n, 10_000), RELIABLE);
    pair.run(1_000);
    expect(numbersRead(pair.server)).toEqual(upTo(70));
    expect(side.toServer.sentBytes - sideBytes).toBeLessThan(1_000);
    closeBoth(pair);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('reports what it loses there as gaps, both ways, and the rest arrives', () => {
    const { pair } = twoSided(6, 0.2);
    for (let n = 0; n < 200; n++) {
      for (const name of ['client', 'server'] as const) {
        pair.send(name, numbered(n, 900), UNRELIABLE);
        pair.send(name, numbered(n, 900), RELIABLE);
      }
      pair.run(5);
    }
    pair.run(10_000);
    for (const name of ['client', 'server'] as const) {
      const lossy = pair[name].messages.filter(({ lane }) => lane === 1);
      const gaps = eventsOf(pair[name], 'gap');
      expect(lossy.length + gaps.length).toBe(200);
      expect(gaps.length).toBeGreaterThan(15);
      expect(pair[name].messages.filter(({ lane }) => lane === 0)).toHaveLength(200);
      expect(pair[name].connection!.verifiedThrough).toEqual([200, 200]);
    }
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('that loses that side alone goes on with the other', () => {
    const { pair, side } = twoSided(7, 0.1);
    for (let n = 0; n < 20; n++) {
      pair.send('client', numbered(n, 900), UNRELIABLE);
      pair.send('server', numbered(n, 900), UNRELIABLE);
    }
    side.lose();
    for (let n = 20; n < 40; n++) {
      pair.send('client', numbered(n, 900), UNRELIABLE);
      pair.send('server', numbered(n, 900), UNRELIABLE);
    }
    pair.run(20_000);
    for (const name of ['client', 'server'] as const) {
      const { messages, connection } = pair[name];
      expect(numbersRead(pair[name])).toEqual(expect.arrayContaining(upTo(40).slice(20)));
      expect(messages.length + eventsOf(pair[name], 'gap').length).toBe(40);
      expect(connection!.verifiedThrough[1]).toBe(40);
    }
    expect(pair.server.connection!.leadsTo(side.toClient)).toBe(false);
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
  });

  it('that is left for UDP leaves nothing of that side behind', () => {
    const { pair } = twoSided(8, 0.3);
    expect(pair.client.connection!.probe(pair.server.address, pair.now)).toBe(true);
    pair.run(1_000);
    for (let n = 0; n < 30; n++) {
      pair.send('client', numbered(n, 900), UNRELIABLE);
      pair.send('server', numbered(n, 900), UNRELIABLE);
    }
    pair.run(3);
    expect(pair.client.connection!.use(pair.server.address, pair.now)).toBe(true);
    pair.run(5_000);
    for (const name of ['client', 'server'] as const) {
      expect(pair[name].messages.length + eventsOf(pair[name], 'gap').length).toBe(30);
      expect(pair[name].connection!.bufferedBytes).toBe(0);
    }
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('is never the place of the session', () => {
    const { pair, pipe, side } = twoSided(9, 0);
    const { connection } = pair.client;
    expect(connection!.use(side.toServer, pair.now)).toBe(false);
    expect(connection!.migrate(pair.now, side.toServer)).toBe(false);
    pair.run(1_000);
    expect([connection!.remote, pair.server.connection!.remote]).toEqual([
      pipe.toServer,
      pipe.toClient,
    ]);
  });

  it('goes on there while the ordered side is full, and spins nobody', () => {
    const { pair, pipe } = twoSided(10, 0.1, { delivery: 'authenticated' });
    pipe.hold();
    for (let n = 0; n < 10; n++) pair.send('client', numbered(n, 30_000), RELIABLE);
    const timeouts = timeoutsDuring(pair, 'client', () => {
      for (let n = 10; n < 30; n++) {
        pair.send('client', numbered(n, 600), UNRELIABLE);
        pair.run(20);
      }
      pair.run(10_000);
    });
    expect(timeouts).toBeLessThan(500);
    expect(pair.server.messages.filter(({ lane }) => lane === 1).length).toBeGreaterThan(10);
    pipe.release();
    pair.run(2_000);
    expect(pair.server.messages.filter(({ lane }) => lane === 0)).toHaveLength(10);
  });
});

describe('a session that flees from UDP with what may be lost under way', () => {
  it('has a gap for each that did not arrive', () => {
    const { pair, open } = overUdp({
      seed: 11,
      endpoint: RECORDED,
      link: { delayMs: 20, loss: 0.3 },
    });
    for (let n = 0; n < 60; n++) pair.send('client', numbered(n, 700), UNRELIABLE);
    pair.run(60);
    expect(migrate(pair, open())).toBe(true);
    pair.run(3_000);
    expect(pair.server.messages.length + eventsOf(pair.server, 'gap').length).toBe(60);
    closeBoth(pair);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });
});
