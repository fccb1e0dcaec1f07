import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { connectedPair, eventsOf, numbered, numbersRead, upTo } from './support.js';

/** Sends a numbered message both ways every 20 ms for a while. */
function talk(pair: Pair, from: number, to: number): void {
  for (let n = from; n < to; n++) {
    pair.send('client', numbered(n, 300), { reliability: 'reliable' });
    pair.send('server', numbered(n, 300), { reliability: 'reliable' });
    pair.run(20);
  }
}

describe('a client whose NAT gives it another port', () => {
  it('keeps its session, its window and its round-trip time', () => {
    const pair = connectedPair({ seed: 1, config: { congestion: 'newreno' } });
    for (let n = 0; n < 60; n++)
      pair.send('server', new Uint8Array(3_000), { reliability: 'reliable' });
    pair.run(1_000);
    pair.client.messages.length = 0;
    const server = pair.server.connection!;
    const before = server.flow.cwnd();
    expect(before).toBeGreaterThan(30);
    talk(pair, 0, 20);
    const outside = pair.simulation.network.nat.rebind(pair.client.address);
    talk(pair, 20, 40);
    pair.run(2_000);
    expect(numbersRead(pair.server)).toEqual(upTo(40));
    expect(numbersRead(pair.client)).toEqual(upTo(40));
    expect(server.remote).toEqual(outside);
    expect(eventsOf(pair.server, 'pathChanged').map(({ remote }) => remote)).toEqual([outside]);
    // What was under way to the old port is lost, and the window is halved once for that.
    expect(server.flow.cwnd()).toBeGreaterThanOrEqual(before / 2);
    expect(server.flow.srtt()).toBeLessThan(40);
  });

  it('is found at its new port with the first thing it says', () => {
    const pair = connectedPair({ seed: 2 });
    pair.run(1_000);
    pair.simulation.network.nat.rebind(pair.client.address);
    pair.send('server', numbered(0, 50), { reliability: 'reliable' });
    pair.run(1_000);
    expect(pair.client.messages).toEqual([]);
    pair.client.connection!.ping(pair.now);
    pair.run(1_000);
    expect(numbersRead(pair.client)).toEqual([0]);
  });

  it('survives it again and again, under load', () => {
    const pair = connectedPair({ seed: 3, link: { delayMs: 15, loss: 0.03 } });
    for (let round = 0; round < 8; round++) {
      talk(pair, round * 10, round * 10 + 10);
      pair.simulation.network.nat.rebind(pair.client.address);
    }
    pair.run(5_000, () => pair.server.messages.length === 80 && pair.client.messages.length === 80);
    expect(numbersRead(pair.server)).toEqual(upTo(80));
    expect(numbersRead(pair.client)).toEqual(upTo(80));
  });
});

describe('a client that moves to another network behind a NAT', () => {
  it('keeps its session, but the path is measured anew', () => {
    const pair = connectedPair({ seed: 4, config: { congestion: 'newreno' } });
    for (let n = 0; n < 60; n++)
      pair.send('server', numbered(n, 3_000), { reliability: 'reliable' });
    pair.run(1_000);
    const server = pair.server.connection!;
    const before = server.flow.cwnd();
    expect(before).toBeGreaterThan(10);
    const outside = pair.simulation.network.nat.rebind(pair.client.address, {
      address: '203.0.113.77',
    });
    pair.client.connection!.ping(pair.now);
    pair.run(500);
    expect(server.remote).toEqual(outside);
    expect(server.flow.cwnd()).toBeLessThanOrEqual(12);
    talk(pair, 60, 70);
    pair.run(1_000);
    expect(numbersRead(pair.client)).toEqual(upTo(70));
  });
});
