import type { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { CloseCode } from '../../src/wire/close-codes.js';
import { endOf, establishedPair, numbered, numbersOf, range } from './support.js';

/** Nothing arrives at either side any more. */
function cut(pair: Pair): void {
  pair.simulation.network.setConditions(undefined, undefined, { blackHole: true });
}

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
});

describe('a ping', () => {
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
