import { describe, expect, it } from 'vitest';
import { capture, endOf, establishedPair, numbered, numbersOf } from './support.js';

const stranger = { address: '203.0.113.9', port: 666 };

describe('a session', () => {
  it('goes on when the address of the client changes', () => {
    const pair = establishedPair({ seed: 51 });
    const before = pair.server.connection!.remote;
    pair.simulation.network.nat.rebind(pair.client.address);
    pair.send('client', numbered(1), { reliability: 'reliable' });
    pair.run(1_000);
    pair.send('server', numbered(2), { reliability: 'reliable' });
    pair.run(1_000);
    expect(pair.server.connection!.remote).not.toEqual(before);
    expect(numbersOf(pair.server)).toEqual([1]);
    expect(numbersOf(pair.client)).toEqual([2]);
  });

  it('comes back from a stranger who was faster with a copy, to whom little is sent', () => {
    const pair = establishedPair({ seed: 52 });
    const [record] = capture(pair, 'client', () => {
      pair.send('client', numbered(1), { reliability: 'reliable' });
    });
    const { network } = pair.simulation;
    let strangerBytes = 0;
    network.attach(stranger, { handleDatagram: (data) => (strangerBytes += data.length) });
    network.inject(stranger, pair.server.address, record!);
    pair.run(1);
    expect(pair.server.connection!.remote).toEqual(stranger);
    for (let i = 0; i < 20; i++) pair.send('server', numbered(i, 1_000));
    pair.run(5_000);
    expect(pair.server.connection!.remote).toEqual(pair.client.address);
    expect(strangerBytes).toBeGreaterThan(0);
    expect(strangerBytes).toBeLessThanOrEqual(3 * record!.length);
    expect(pair.client.messages).toHaveLength(20);
    expect(endOf(pair.server)).toBeUndefined();
  });
});
