import { type Pair, PairSide } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { Endpoint } from '../../src/endpoint/endpoint.js';
import { resolveConfig } from '../../src/resolve-config.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { endOf, establishedPair, numbered, numbersOf, range } from './support.js';

/** Nothing arrives at either side any more. */
function cut(pair: Pair): void {
  pair.simulation.network.setConditions(undefined, undefined, { blackHole: true });
}

describe('a peer that is gone', () => {
  it('is noticed after the idle timeout, without anybody asking', () => {
    const pair = establishedPair({ seed: 21, endpoint: { idleTimeoutMs: 1_500 } });
    cut(pair);
    const start = pair.now;
    pair.run(10_000, () => endOf(pair.client) !== undefined);
    expect(endOf(pair.client)).toEqual({ code: CloseCode.IDLE, remote: false });
    expect(pair.now - start).toBeLessThanOrEqual(1_500);
  });

  it('is noticed although this side goes on sending', () => {
    const pair = establishedPair({ seed: 22, endpoint: { idleTimeoutMs: 1_500 } });
    cut(pair);
    const start = pair.now;
    for (let i = 0; i < 100 && endOf(pair.client) === undefined; i++) {
      pair.send('client', numbered(i));
      pair.run(50);
    }
    expect(endOf(pair.client)?.code).toBe(CloseCode.IDLE);
    expect(pair.now - start).toBeLessThanOrEqual(1_600);
  });

  it('is waited for without end when the timeout is 0 on both sides', () => {
    const pair = establishedPair({ seed: 23, endpoint: { idleTimeoutMs: 0 } });
    cut(pair);
    pair.run(2 * 3_600_000);
    expect(endOf(pair.client)).toBeUndefined();
  });
});

describe('the end of a session', () => {
  it('comes after everything that was sent before it, and both sides know of it', () => {
    const pair = establishedPair({ seed: 24, link: { loss: 0.2 } });
    for (const i of range(50)) pair.send('client', numbered(i), { reliability: 'reliable' });
    pair.client.connection!.close({ reason: 'done' }, pair.now);
    pair.clientHost.turn();
    pair.run(20_000);
    expect(numbersOf(pair.server)).toEqual(range(50));
    for (const side of [pair.client, pair.server]) {
      expect(side.events).toContainEqual({ type: 'finished' });
      expect(endOf(side)?.code).toBe(CloseCode.NO_ERROR);
      expect(side.events.at(-1)?.type).toBe('closed');
      expect(side.endpoint.connectionCount).toBe(0);
    }
  });

  it('leaves the endpoints free for another session, whose numbers start at 0', () => {
    const pair = establishedPair({ seed: 25 });
    const first = pair.client.connection!;
    pair.send('client', numbered(1), { reliability: 'reliable' });
    pair.run(500);
    first.close({}, pair.now);
    pair.clientHost.turn();
    pair.run(5_000);
    pair.connect();
    pair.run(2_000, () => pair.client.connection !== first);
    pair.send('client', numbered(2), { reliability: 'reliable' });
    pair.run(1_000);
    expect(pair.client.connection?.sid).not.toEqual(first.sid);
    expect(pair.server.messages.map(({ n }) => n)).toEqual([0, 0]);
    expect(numbersOf(pair.server)).toEqual([1, 2]);
  });
});

describe('one endpoint', () => {
  it('serves many clients at a time, each with a session of its own', () => {
    const pair = establishedPair({ seed: 26 });
    const { crypto, simulation, server } = pair;
    const clients = range(5).map((i) => {
      const identity = crypto.createSigner(new Uint8Array(32).fill(i + 1));
      const options = { crypto, identity, config: resolveConfig(), now: pair.now, unixOffsetMs: 0 };
      const address = { address: '192.0.2.77', port: 1_000 + i };
      const side = new PairSide(new Endpoint({ ...options, accepts: false }), address, false);
      const host = simulation.addHost(side, address, { name: `client ${i}` });
      side.endpoint.connect(server.address, {}, pair.now);
      host.turn();
      return { side, host };
    });
    pair.run(2_000);
    for (const { side, host } of clients) {
      side.connection!.ping(pair.now);
      host.turn();
    }
    pair.run(1_000);
    expect(server.endpoint.connectionCount).toBe(6);
    const sids = clients.map(({ side }) => String(side.connection!.sid));
    expect(new Set(sids).size).toBe(5);
    for (const { side } of clients) {
      expect(side.events.filter(({ type }) => type === 'pong')).toHaveLength(1);
    }
  });
});

describe('a ping', () => {
  it('is answered with its own number, so that several may be under way', () => {
    const pair = establishedPair({ seed: 28 });
    const ids = range(5).map(() => pair.client.connection!.ping(pair.now));
    pair.clientHost.turn();
    pair.run(1_000);
    const pongs = pair.client.events.flatMap((event) => (event.type === 'pong' ? [event] : []));
    expect(pongs.map(({ id }) => id).sort()).toEqual([...ids].sort());
    for (const { latencyMs } of pongs) expect(latencyMs).toBe(20);
  });

  it('that is lost at first measures the whole of its way', () => {
    const pair = establishedPair({ seed: 29 });
    cut(pair);
    pair.client.connection!.ping(pair.now);
    pair.clientHost.turn();
    pair.simulation.network.setConditions(undefined, undefined, { blackHole: false });
    pair.run(5_000);
    const [pong] = pair.client.events.flatMap((event) => (event.type === 'pong' ? [event] : []));
    expect(pong?.latencyMs).toBeGreaterThan(20);
  });
});
