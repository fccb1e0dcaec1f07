import { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';

describe('a session', () => {
  it('carries messages both ways in order over a perfect link', () => {
    const pair = new Pair({ seed: 1 });
    expect(pair.establish()).toBe(true);
    for (let i = 0; i < 10; i++) pair.send('client', Uint8Array.of(i), { reliability: 'reliable' });
    for (let i = 0; i < 10; i++) pair.send('server', Uint8Array.of(i), { reliability: 'reliable' });
    pair.run(2_000);
    expect(pair.server.messages.map((m) => m.payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(pair.client.messages.map((m) => m.payload[0])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});
