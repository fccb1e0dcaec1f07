import { describe, expect, it } from 'vitest';
import { eventsOf, numbered, numbersRead, upTo } from '../scenario/support.js';
import { migrate, overCarrier, overUdp, setUdp, Traffic } from './support.js';

const RECORDED = { record: { payloads: 'kept' } } as const;
const RELIABLE = { reliability: 'reliable' } as const;

/** A session that says nothing lasts. */
const PATIENT = { endpoint: { ...RECORDED, idleTimeoutMs: 600_000 } } as const;

describe('a session on UDP that dies in mid-transfer', () => {
  it('goes on over a carrier: no byte lost, in order, and both logs verify', () => {
    const { pair, open } = overUdp({ seed: 1, endpoint: RECORDED });
    const traffic = new Traffic(pair);
    traffic.send(100, 5_000);
    pair.run(40);
    setUdp(pair, false);
    pair.run(900);
    expect(numbersRead(pair.server).length).toBeLessThan(100);
    const pipe = open();
    expect(migrate(pair, pipe)).toBe(true);
    traffic.expectWhole(2_000);
    expect(pair.client.connection!.remote).toBe(pipe.toServer);
    expect(pair.server.connection!.remote).toBe(pipe.toClient);
    expect(eventsOf(pair.server, 'pathChanged')).toMatchObject([{ remote: pipe.toClient }]);
    traffic.expectEvidence();
  });

  it('needs nothing from the network that is dead', () => {
    const { pair, open } = overUdp({ seed: 2 });
    setUdp(pair, false);
    pair.run(100);
    expect(migrate(pair, open())).toBe(true);
    pair.run(1_000);
    const { sent } = pair.simulation.network.counters();
    pair.send('client', numbered(0, 100), RELIABLE);
    pair.run(30_000);
    expect(pair.simulation.network.counters().sent).toBe(sent);
    expect(pair.client.connection!.isEnded).toBe(false);
  });
});

describe('a carrier that breaks with bytes in its buffers', () => {
  it('costs none of them', () => {
    const { pair, pipe, open } = overCarrier({ seed: 3, endpoint: RECORDED }, { bytesPerMs: 100 });
    const traffic = new Traffic(pair);
    traffic.send(20, 20_000);
    pair.run(500);
    expect(pipe.toServer.bufferedBytes).toBeGreaterThan(30_000);
    expect(pipe.toClient.bufferedBytes).toBeGreaterThan(30_000);
    pipe.lose();
    pair.run(1_000);
    expect(migrate(pair, open())).toBe(true);
    traffic.expectWhole(3_000);
    traffic.expectEvidence();
  });

  it('twenty times in one session costs nothing either', () => {
    const { pair, pipe, open } = overCarrier({ seed: 4, endpoint: RECORDED }, { bytesPerMs: 500 });
    const traffic = new Traffic(pair);
    let present = pipe;
    for (let round = 0; round < 20; round++) {
      traffic.send(10, 9_000);
      pair.run(50 + 13 * round);
      present.lose(round % 3 === 0 ? 'client' : 'both');
      pair.run(20);
      present = open({ bytesPerMs: 500 });
      expect(migrate(pair, present), `round ${round}`).toBe(true);
    }
    traffic.expectWhole(5_000);
    expect(pair.client.endpoint.cids.size).toBeLessThanOrEqual(5);
    expect(pair.server.endpoint.cids.size).toBeLessThanOrEqual(5);
    traffic.expectEvidence();
  });

  it('is left for good by a server that was not told of it', () => {
    const { pair, pipe, open } = overCarrier({ seed: 5 });
    pipe.lose('client');
    for (let n = 0; n < 30; n++) pair.send('server', numbered(n, 20_000), RELIABLE);
    pair.run(2_000);
    const next = open();
    expect(migrate(pair, next)).toBe(true);
    pair.run(3_000);
    expect(numbersRead(pair.client)).toEqual(upTo(30));
    const before = pipe.toClient.sentRecords;
    pair.send('server', numbered(30, 10), RELIABLE);
    pair.run(1_000);
    expect(pipe.toClient.sentRecords).toBe(before);
    expect(pair.server.connection!.leadsTo(pipe.toClient)).toBe(false);
  });

  it('one after the other before anything got through leaves the session a way to a good one', () => {
    const { pair, pipe, open } = overCarrier({ seed: 6 });
    const traffic = new Traffic(pair);
    traffic.send(5, 3_000);
    pipe.lose();
    for (let attempt = 0; attempt < 12; attempt++) {
      const dead = open();
      dead.lose('server');
      migrate(pair, dead);
      pair.run(100);
      dead.lose();
      pair.run(1_000);
    }
    expect(migrate(pair, open())).toBe(true);
    traffic.expectWhole(3_000);
  });
});

describe('a session with no id left for a new path', () => {
  it('leads the path that it has to another carrier, with all that was under way', () => {
    const { pair, pipe, open } = overCarrier({ seed: 16, endpoint: RECORDED }, { bytesPerMs: 100 });
    for (let tried = 0; tried < 3; tried++) {
      const dead = open();
      dead.lose('server');
      expect(pair.client.connection!.probe(dead.toServer, pair.now)).toBe(true);
    }
    expect(pair.client.connection!.probe(open().toServer, pair.now)).toBe(false);
    const traffic = new Traffic(pair);
    traffic.send(20, 20_000);
    pair.run(500);
    expect(pipe.toClient.bufferedBytes).toBeGreaterThan(30_000);
    pipe.lose();
    const next = open();
    expect(migrate(pair, next)).toBe(true);
    traffic.expectWhole(10_000);
    expect(pair.client.connection!.remote).toBe(next.toServer);
    expect(pair.server.connection!.remote).toBe(next.toClient);
    pair.run(1_000);
    // And has ids again.
    expect(migrate(pair, open())).toBe(true);
    pair.run(1_000);
    traffic.expectEvidence();
  });
});

describe('a path that stands by on a carrier that is full', () => {
  it('is answered as soon as there is room', () => {
    const { pair, open } = overUdp({ seed: 17 });
    const pipe = open();
    pipe.toServer.onFull();
    pipe.toClient.onFull();
    expect(pair.client.connection!.probe(pipe.toServer, pair.now)).toBe(true);
    pair.run(20_000);
    expect([pipe.toServer.sentRecords, pipe.toClient.sentRecords]).toEqual([0, 0]);
    pipe.toServer.onDrain();
    pair.run(100);
    expect([pipe.toServer.sentRecords > 0, pipe.toClient.sentRecords]).toEqual([true, 0]);
    pipe.toClient.onDrain();
    pair.run(100);
    expect(eventsOf(pair.client, 'pathReady')).toMatchObject([{ remote: pipe.toServer }]);
  });
});

describe('paths whose first records overtake each other', () => {
  it('are all opened: the session moves to the one on the slower carrier', () => {
    const { pair, pipe, open } = overCarrier({ seed: 12, endpoint: RECORDED });
    const traffic = new Traffic(pair);
    traffic.send(5, 20_000);
    pair.run(3);
    pipe.lose();
    const slow = open({ delayMs: 400 });
    const quick = open({ delayMs: 1 });
    expect(migrate(pair, slow)).toBe(true);
    expect(pair.client.connection!.probe(quick.toServer, pair.now)).toBe(true);
    pair.run(200);
    expect(eventsOf(pair.client, 'pathReady')).toMatchObject([{ remote: quick.toServer }]);
    traffic.expectWhole(5_000);
    expect(pair.server.connection!.remote).toBe(slow.toClient);
    traffic.expectEvidence();
  });

  it('are opened when the later one is given up before the earlier one came', () => {
    const { pair, pipe, open } = overCarrier({ seed: 13 });
    const slow = open({ delayMs: 900 });
    const quick = open({ delayMs: 1 });
    expect(pair.client.connection!.probe(slow.toServer, pair.now)).toBe(true);
    expect(pair.client.connection!.probe(quick.toServer, pair.now)).toBe(true);
    pair.run(100);
    quick.lose();
    // The client gives it up as soon as it looks.
    expect(pair.client.connection!.probe(open().toServer, pair.now)).toBe(true);
    pair.run(3_000);
    expect(pair.client.connection!.remote).toBe(pipe.toServer);
    const remotes = eventsOf(pair.client, 'pathReady').map(({ remote }) => remote);
    expect(remotes).toContain(slow.toServer);
    expect(pair.client.connection!.use(slow.toServer, pair.now)).toBe(true);
    pair.run(3_000);
    expect(pair.server.connection!.remote).toBe(slow.toClient);
  });
});

describe('carriers that are tried and break', () => {
  it('while the session rests make room as soon as another is tried', () => {
    const { pair, open } = overUdp({ seed: 18, endpoint: { idleTimeoutMs: 0 } });
    const pipes = upTo(3).map(() => open());
    for (const { toServer } of pipes) {
      expect(pair.client.connection!.probe(toServer, pair.now)).toBe(true);
    }
    pair.run(10_000);
    expect(eventsOf(pair.client, 'pathReady')).toHaveLength(3);
    for (const pipe of pipes) pipe.lose();
    pair.run(60_000);
    const next = open();
    // The ids that this gives back come with the server's answer.
    expect(pair.client.connection!.probe(next.toServer, pair.now)).toBe(false);
    pair.run(200);
    expect(pair.client.connection!.probe(next.toServer, pair.now)).toBe(true);
  });

  it('do not use up the ids of a session that stays where it is', () => {
    const { pair, open } = overUdp({ seed: 11, ...PATIENT });
    for (let attempt = 0; attempt < 25; attempt++) {
      const dead = open();
      dead.lose('server');
      pair.client.connection!.probe(dead.toServer, pair.now);
      pair.clientHost.turn();
      pair.run(50);
      dead.lose();
      pair.run(3_000);
    }
    const good = open();
    expect(pair.client.connection!.probe(good.toServer, pair.now)).toBe(true);
    pair.run(500);
    expect(eventsOf(pair.client, 'pathReady')).toMatchObject([{ remote: good.toServer }]);
    expect(pair.client.connection!.use(good.toServer, pair.now)).toBe(true);
    pair.run(500);
    expect(pair.server.connection!.remote).toBe(good.toClient);
  });
});
