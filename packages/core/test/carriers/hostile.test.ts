import { describe, expect, it } from 'vitest';
import { numbered, numbersRead, upTo } from '../scenario/support.js';
import { migrate, overCarrier, overUdp } from './support.js';

const RELIABLE = { reliability: 'reliable' } as const;

describe('records that somebody copies to another carrier', () => {
  it('count, but do not move the session', () => {
    const { pair, pipe, open } = overCarrier({ seed: 1 });
    const evil = open();
    pipe.setTap((record, toServer) => {
      if (!toServer) return true;
      evil.toServer.inject(record);
      return false;
    });
    pair.send('client', numbered(0, 100), RELIABLE);
    pair.run(5);
    expect(numbersRead(pair.server)).toEqual([0]);
    expect(pair.server.connection!.remote).toBe(pipe.toClient);
    expect(pair.server.connection!.leadsTo(evil.toClient)).toBe(false);
    pair.run(5_000);
    expect(evil.toClient.sentRecords).toBe(0);
    expect(pair.client.connection!.bufferedBytes).toBe(0);
  });

  it('before the genuine one, the first of a new path, do not keep it there', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const { pair, open } = overUdp({ seed });
      const evil = open();
      const good = open();
      let copies = 0;
      good.setTap((record, toServer) => {
        if (toServer && copies++ < seed % 4) evil.toServer.inject(record);
        return true;
      });
      for (let n = 0; n < 20; n++) pair.send('server', numbered(n, 20_000), RELIABLE);
      expect(migrate(pair, good)).toBe(true);
      pair.send('client', numbered(0, 20_000), RELIABLE);
      pair.run(5_000);
      expect(pair.server.connection!.remote).toBe(good.toClient);
      expect(numbersRead(pair.client)).toEqual(upTo(20));
      expect(numbersRead(pair.server)).toEqual([0]);
    }
  });

  it('bring whoever copied them no more than three times what he sent', () => {
    const { pair, open } = overUdp({ seed: 2 });
    const evil = open();
    const good = open();
    evil.setTap((_, toServer) => toServer);
    let injectedBytes = 0;
    good.setTap((record, toServer) => {
      if (!toServer) return true;
      injectedBytes += record.length;
      evil.toServer.inject(record);
      return false;
    });
    for (let n = 0; n < 50; n++) pair.send('server', numbered(n, 20_000), RELIABLE);
    expect(migrate(pair, good)).toBe(true);
    pair.run(10_000);
    expect(evil.toClient.sentBytes).toBeGreaterThan(0);
    expect(evil.toClient.sentBytes).toBeLessThanOrEqual(3 * injectedBytes);
  });

  it('get no answer on a carrier that is full', () => {
    const { pair, pipe, open } = overCarrier({ seed: 3 });
    const evil = open();
    evil.toClient.onFull();
    pipe.setTap((record, toServer) => {
      if (toServer) evil.toServer.inject(record);
      return !toServer;
    });
    const spare = open();
    spare.setTap((record, toServer) => {
      if (toServer) evil.toServer.inject(record);
      return !toServer;
    });
    for (let round = 0; round < 5; round++) {
      pair.client.connection!.probe(spare.toServer, pair.now);
      pair.client.connection!.ping(pair.now);
      pair.run(3_000);
    }
    expect(evil.toClient.sentRecords).toBe(0);
    evil.toClient.onDrain();
    pair.run(20_000);
    expect(pair.server.connection!.isEnded).toBe(false);
  });
});

describe('a peer that opens path after path', () => {
  it('makes the server keep no more of them than it bears', () => {
    const { pair, open } = overUdp({ seed: 4, endpoint: { idleTimeoutMs: 0 } });
    const pipes = upTo(40).map(() => {
      const pipe = open();
      // The client never hears that it may give the others up.
      pipe.setTap((_, toServer) => toServer);
      migrate(pair, pipe);
      pair.run(300);
      return pipe;
    });
    const { connection } = pair.server;
    const leadsTo = pipes.filter((pipe) => connection!.leadsTo(pipe.toClient));
    expect(leadsTo.length).toBeLessThanOrEqual(7);
    expect(pair.server.endpoint.cids.size).toBeLessThanOrEqual(8);
    expect(connection!.isEnded).toBe(false);
    // And it does not chatter on all of them.
    const sent = (): number => pipes.reduce((sum, pipe) => sum + pipe.toClient.sentRecords, 0);
    const before = sent();
    pair.run(60_000);
    expect(sent() - before).toBeLessThan(100);
  });

  it('hears a message for each number once, on whatever carrier its records come', () => {
    const { pair, pipe, open } = overCarrier({ seed: 5 });
    const others = upTo(20).map(() => open());
    pipe.setTap((record, toServer) => {
      if (toServer) for (const other of others) other.toServer.inject(record);
      return true;
    });
    for (let n = 0; n < 20; n++) pair.send('client', numbered(n, 3_000), RELIABLE);
    pair.run(2_000);
    expect(numbersRead(pair.server)).toEqual(upTo(20));
    expect(pair.server.connection!.drops.get('replay')).toBeGreaterThan(100);
    expect(others.every((other) => other.toClient.sentRecords === 0)).toBe(true);
  });
});

describe('a carrier', () => {
  it('does not remember a session that has ended, or left it', () => {
    const forgotten = { moved: 0, ended: 0 };
    for (const how of ['moved', 'ended'] as const) {
      const { pair, pipe, open } = overCarrier({ seed: 6 });
      const { toServer, toClient } = pipe;
      const waiting = new Set<() => void>();
      for (const end of [toServer, toClient]) {
        const { whenChanged, forget } = end;
        end.whenChanged = (wake) => {
          waiting.add(wake);
          whenChanged.call(end, wake);
        };
        end.forget = (wake) => {
          waiting.delete(wake);
          forget.call(end, wake);
        };
      }
      pipe.hold();
      for (let n = 0; n < 20; n++) {
        pair.send('client', numbered(n, 20_000), RELIABLE);
        pair.send('server', numbered(n, 20_000), RELIABLE);
      }
      pair.run(100);
      expect(waiting.size).toBe(2);
      if (how === 'moved') expect(migrate(pair, open())).toBe(true);
      else
        for (const side of ['client', 'server'] as const)
          pair[side].connection!.abort(1, '', pair.now);
      pair.run(20_000);
      forgotten[how] = 2 - waiting.size;
    }
    expect(forgotten).toEqual({ moved: 2, ended: 2 });
  });
});
