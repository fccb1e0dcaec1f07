import type { NetworkAddress, Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { connectedPair, eventsOf, numbered, numbersRead, upTo } from './support.js';

const MALLORY: NetworkAddress = { address: '203.0.113.66', port: 666 };

/** Somebody who copies what the client sends and delivers it first, from his own address. */
function copyFaster(pair: Pair, count: number): { sentToMallory: () => number } {
  const { network } = pair.simulation;
  let left = count;
  let bytes = 0;
  network.setTap({
    onDatagram({ from, to, data }) {
      if (to.address === MALLORY.address) bytes += data.length;
      if (from.address === pair.client.address.address && left > 0) {
        left--;
        network.inject(MALLORY, to, data);
      }
      return 'pass';
    },
  });
  return { sentToMallory: () => bytes };
}

describe('a copier beside the path who delivers faster than the path', () => {
  it('does not take the session: the next word of the client brings it back', () => {
    const pair = connectedPair({ seed: 1 });
    pair.run(500);
    const { sentToMallory } = copyFaster(pair, 1);
    for (let n = 0; n < 30; n++) {
      pair.send('client', numbered(n, 200), { reliability: 'reliable' });
      pair.send('server', numbered(n, 200), { reliability: 'reliable' });
      pair.run(10);
    }
    pair.run(2_000);
    const moves = eventsOf(pair.server, 'pathChanged').map(({ remote }) => remote.address);
    expect(moves).toEqual([MALLORY.address, pair.client.address.address]);
    expect(pair.server.connection!.remote).toEqual(pair.client.address);
    expect(numbersRead(pair.server)).toEqual(upTo(30));
    expect(numbersRead(pair.client)).toEqual(upTo(30));
    expect(sentToMallory()).toBeLessThan(1_500);
  });

  it('loses it within three probe timeouts even when the client then is silent', () => {
    const pair = connectedPair({ seed: 2 });
    pair.run(500);
    copyFaster(pair, 1);
    // A challenge that came from elsewhere is no reason for the client to speak up.
    pair.simulation.network.setConditions(pair.server.address, pair.client.address, {
      blackHole: true,
    });
    pair.send('client', numbered(0, 200), { reliability: 'unreliable' });
    pair.run(15);
    expect(pair.server.connection!.remote).toEqual(MALLORY);
    // A round trip of 20 ms and a delay of 25 ms make a PTO of less than 100 ms.
    pair.run(300);
    expect(pair.server.connection!.remote).toEqual(pair.client.address);
  });

  it('who goes on copying gets little and stops nothing', () => {
    const pair = connectedPair({ seed: 3 });
    pair.run(500);
    const before = pair.server.connection!.counters.bytesReceived;
    const { sentToMallory } = copyFaster(pair, 100_000);
    for (let n = 0; n < 40; n++) {
      pair.send('client', numbered(n, 500), { reliability: 'reliable' });
      pair.send('server', numbered(n, 500), { reliability: 'reliable' });
      pair.run(20);
    }
    pair.run(
      20_000,
      () => pair.client.messages.length === 40 && pair.server.messages.length === 40,
    );
    expect(numbersRead(pair.server)).toEqual(upTo(40));
    expect(numbersRead(pair.client)).toEqual(upTo(40));
    const received = pair.server.connection!.counters.bytesReceived - before;
    expect(sentToMallory()).toBeLessThan(3 * received + 2_000);
  });
});
