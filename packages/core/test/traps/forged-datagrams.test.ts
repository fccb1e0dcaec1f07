import { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { capture, dropsOf, endOf, establishedPair, inject, numbered } from './support.js';

/** The record that the client sends for one message; the server has not seen it. */
function withheldRecord(seed: number): { pair: Pair; record: Uint8Array } {
  const pair = establishedPair({ seed });
  const [record] = capture(pair, 'client', () => {
    pair.send('client', numbered(7), { reliability: 'reliable' });
  });
  return { pair, record: record! };
}

describe('a forged record', () => {
  it('with any one bit flipped is dropped and counted, and the genuine one still counts', () => {
    const { pair, record } = withheldRecord(1);
    const before = dropsOf(pair.server);
    for (let bit = 0; bit < 8 * record.length; bit++) {
      const forged = record.slice();
      forged[bit >> 3]! ^= 1 << (bit & 7);
      inject(pair, 'server', forged);
    }
    expect(dropsOf(pair.server) - before).toBe(8 * record.length);
    expect(pair.server.messages).toHaveLength(0);
    inject(pair, 'server', record);
    expect(pair.server.messages).toHaveLength(1);
  });

  it('that is shorter or longer is dropped', () => {
    const { pair, record } = withheldRecord(2);
    const before = dropsOf(pair.server);
    for (let length = 0; length < record.length; length++) {
      inject(pair, 'server', record.slice(0, length));
    }
    inject(pair, 'server', Uint8Array.of(...record, 0));
    expect(dropsOf(pair.server) - before).toBe(record.length + 1);
    expect(pair.server.messages).toHaveLength(0);
    expect(endOf(pair.server)).toBeUndefined();
  });
});

describe('datagrams of strangers', () => {
  const stranger = { address: '203.0.113.9', port: 666 };

  it('do not disturb a handshake, nor does a client take one for the answer', () => {
    const pair = new Pair({ seed: 5 });
    const [hello] = capture(pair, 'client', () => pair.connect({ serverKey: pair.serverKey }));
    for (const length of [0, 1, 16, 36, 300, 420, 520, 1_200]) {
      for (const to of [pair.client, pair.server]) {
        pair.simulation.network.inject(stranger, to.address, new Uint8Array(length).fill(length));
      }
    }
    pair.simulation.network.inject(stranger, pair.client.address, hello!);
    pair.run(5_000);
    expect(pair.client.error).toBeUndefined();
    expect(pair.client.connection?.peerKey).toEqual(pair.serverKey);
    expect(pair.server.connection?.isEstablished).toBe(true);
  });

  it('cannot bring a session down by repeating its hello', () => {
    const pair = new Pair({ seed: 7 });
    const [hello] = capture(pair, 'client', () => pair.connect());
    pair.run(2_000);
    const first = pair.server.connection!;
    for (let i = 0; i < 3; i++) {
      inject(pair, 'server', hello!);
      pair.run(11_000);
    }
    pair.send('client', numbered(1), { reliability: 'reliable' });
    pair.run(1_000);
    expect(pair.server.connection).toBe(first);
    expect(pair.server.messages).toHaveLength(1);
    expect(endOf(pair.client)).toBeUndefined();
  });
});
