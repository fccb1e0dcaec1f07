import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { closeBoth, connectedPair, numbered, numbersRead, upTo, verifyLog } from './support.js';

/** The client changes its address on purpose. */
function move(pair: Pair, address: string): boolean {
  pair.simulation.network.nat.rebind(pair.client.address, { address });
  return pair.client.connection!.migrate(pair.now);
}

/** The connection ids that pass by, as far as an observer can tell them apart: none. */
function observe(pair: Pair): Set<string> {
  const seen = new Set<string>();
  pair.simulation.network.setTap({
    onDatagram({ data }) {
      seen.add(data.subarray(1, 9).join());
      return 'pass';
    },
  });
  return seen;
}

describe('a deliberate move', () => {
  it('takes the session to a new path, and nothing is lost', () => {
    const pair = connectedPair({ seed: 1, endpoint: { record: { payloads: 'kept' } } });
    pair.run(100);
    for (let n = 0; n < 40; n++) {
      pair.send('client', numbered(n, 2_000), { reliability: 'reliable' });
      pair.send('server', numbered(n, 2_000), { reliability: 'reliable' });
    }
    pair.run(15);
    expect(move(pair, '203.0.113.5')).toBe(true);
    pair.run(3_000);
    expect(numbersRead(pair.server)).toEqual(upTo(40));
    expect(numbersRead(pair.client)).toEqual(upTo(40));
    expect(pair.server.connection!.remote.address).toBe('203.0.113.5');
    closeBoth(pair);
    expect(verifyLog(pair, 'client').exitCode).toBe(0);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('can be repeated more often than there are ids at a time', () => {
    const pair = connectedPair({ seed: 2, link: { delayMs: 10, loss: 0.02 } });
    pair.run(500);
    for (let round = 0; round < 12; round++) {
      pair.send('client', numbered(2 * round, 500), { reliability: 'reliable' });
      expect(move(pair, `203.0.113.${round + 1}`)).toBe(true);
      pair.send('client', numbered(2 * round + 1, 500), { reliability: 'reliable' });
      pair.run(1_500);
    }
    expect(numbersRead(pair.server)).toEqual(upTo(24));
    expect(pair.server.connection!.remote.address).toBe('203.0.113.12');
    // Ids of old paths are gone on both sides.
    expect(pair.client.endpoint.cids.size).toBeLessThanOrEqual(5);
    expect(pair.server.endpoint.cids.size).toBeLessThanOrEqual(5);
  });

  it('waits until both sides know an id for the new path', () => {
    const pair = connectedPair({ seed: 3 });
    expect(pair.client.connection!.migrate(pair.now)).toBe(false);
    pair.run(200);
    expect(pair.client.connection!.migrate(pair.now)).toBe(true);
  });

  it('is not for the server, and not for a session that has ended', () => {
    const pair = connectedPair({ seed: 4 });
    pair.run(200);
    expect(pair.server.connection!.migrate(pair.now)).toBe(false);
    pair.client.connection!.abort(0, '', pair.now);
    expect(pair.client.connection!.migrate(pair.now)).toBe(false);
  });

  it('leaves the server at rest that may not answer a late packet of the old path yet', () => {
    const pair = connectedPair({ seed: 6 });
    pair.run(500);
    const { network } = pair.simulation;
    const { client, server } = pair;
    const late: Uint8Array[] = [];
    let passed = 0;
    network.setTap({
      onDatagram({ from, data }) {
        if (from.address === client.address.address) {
          late.push(data);
          return 'drop';
        }
        // Of the new path two datagrams get through, so that little may be sent there.
        return from.address === '203.0.113.5' && passed++ > 1 ? 'drop' : 'pass';
      },
    });
    for (let n = 0; n < 10; n++)
      pair.send('client', numbered(n, 1_100), { reliability: 'reliable' });
    expect(late).toHaveLength(10);
    expect(move(pair, '203.0.113.5')).toBe(true);
    for (let n = 0; n < 20; n++) pair.send('server', numbered(n, 900), { reliability: 'reliable' });
    pair.run(60);
    expect(server.connection!.remote.address).toBe('203.0.113.5');
    for (const datagram of late) {
      network.inject(client.address, server.address, datagram);
      pair.run(30);
    }
    network.setTap(undefined);
    pair.run(5_000);
    expect(numbersRead(client)).toEqual(upTo(20));
    expect(numbersRead(server)).toEqual(upTo(10));
  });

  it('under loss needs no help', () => {
    const pair = connectedPair({ seed: 5, link: { delayMs: 20, loss: 0.3, burst: 2 } });
    pair.run(2_000);
    observe(pair);
    expect(move(pair, '203.0.113.5')).toBe(true);
    for (let n = 0; n < 20; n++) {
      pair.send('client', numbered(n, 800), { reliability: 'reliable' });
      pair.send('server', numbered(n, 800), { reliability: 'reliable' });
    }
    pair.run(
      20_000,
      () => pair.client.messages.length === 20 && pair.server.messages.length === 20,
    );
    expect(numbersRead(pair.server)).toEqual(upTo(20));
    expect(numbersRead(pair.client)).toEqual(upTo(20));
  });
});
