import { describe, expect, it } from 'vitest';
import { overCarrier } from '../carriers/support.js';
import { attach, offer, TUNNEL, upTo } from './support.js';

const full = (count: number): number[] => new Array<number>(count).fill(1_420);

describe('a port on an ordered carrier', () => {
  it('sends as on datagrams, and waits in its own queue while the carrier is full', () => {
    const { pair, pipe } = overCarrier({ seed: 1, config: TUNNEL }, { highWaterBytes: 20_000 });
    const client = attach(pair, pair.client);
    const server = attach(pair, pair.server);
    pair.run(1_000);
    pipe.hold();
    offer(pair, 'client', client, full(100));
    expect(client.sent).toBeLessThan(25);
    pair.run(1_000);
    expect(client.sent).toBeLessThan(25);
    pipe.release();
    pair.run(1_000);
    expect(server.read_).toEqual(upTo(100));
    expect(pair.server.connection!.verifiedThrough[1]).toBe(100);
  });

  it('tells the leaves of what broke with the carrier, and goes on with the next one', () => {
    const { pair, pipe, open } = overCarrier({ seed: 2, config: TUNNEL });
    const client = attach(pair, pair.client);
    const server = attach(pair, pair.server);
    pair.run(1_000);
    pipe.setTap(() => false);
    offer(pair, 'client', client, full(10));
    pair.run(50);
    pipe.lose();
    const next = open();
    expect(pair.client.connection!.migrate(pair.now, next.toServer)).toBe(true);
    offer(pair, 'client', client, full(10));
    pair.run(2_000);
    expect(server.read_).toEqual(upTo(20).slice(10));
    expect(pair.server.connection!.verifiedThrough[1]).toBe(20);
  });
});

describe('a port on a carrier with a lossy side', () => {
  it('sends there what fits, and the rest on the ordered side', () => {
    const { pair, pipe } = overCarrier({ seed: 3, config: TUNNEL });
    const random = pair.simulation.random.fork('side');
    const side = pipe.addLossySide({ random, loss: 0, maxRecordBytes: 1_200 });
    expect(pair.client.connection!.probe(side.toServer, pair.now)).toBe(true);
    const client = attach(pair, pair.client);
    const server = attach(pair, pair.server);
    pair.run(2_000);
    const seen: number[] = [];
    side.setTap((record, toServer) => {
      if (toServer) seen.push(record.length);
      return true;
    });
    offer(pair, 'client', client, [1_000, 1_420, 1_000]);
    pair.run(1_000);
    expect([...server.read_].sort()).toEqual([0, 1, 2]);
    expect(seen.filter((bytes) => bytes > 1_000)).toHaveLength(2);
  });
});
