import { describe, expect, it } from 'vitest';
import { closeBoth, numbered, numbersRead, upTo } from '../scenario/support.js';
import { carriedPair, connectOver, overCarrier } from './support.js';

describe('a handshake over a carrier', () => {
  it('sends its hello once, however long the way is', () => {
    const { pair, open } = carriedPair({ seed: 1 });
    const pipe = open({ delayMs: 300 });
    let hellos = 0;
    pipe.setTap((_, toServer) => {
      if (toServer) hellos++;
      return true;
    });
    connectOver(pair, pipe);
    pair.run(590);
    expect([hellos, pair.client.connection]).toEqual([1, undefined]);
    pair.run(2_000);
    expect(pair.client.connection?.isEstablished).toBe(true);
    expect(pair.server.connection?.isEstablished).toBe(true);
    // Nothing of it went over UDP.
    expect(pair.simulation.network.counters().sent).toBe(0);
  });

  it('sends its hello again after a second when the server dropped it', () => {
    const { pair, open } = carriedPair({ seed: 2 });
    const pipe = open();
    const sentAt: number[] = [];
    pipe.setTap((_, toServer) => {
      if (!toServer) return true;
      sentAt.push(pair.now);
      return sentAt.length > 2;
    });
    connectOver(pair, pipe);
    pair.run(2_050);
    expect(sentAt.slice(0, 3)).toEqual([0, 1_000, 2_000]);
    expect(pair.client.connection?.isEstablished).toBe(true);
  });

  it('gives both sides the carrier as the place of the other', () => {
    const { pair, pipe } = overCarrier({ seed: 3 });
    expect(pair.client.connection!.remote).toBe(pipe.toServer);
    expect(pair.server.connection!.remote).toBe(pipe.toClient);
    expect(pair.server.connection!.leadsTo(pipe.toClient)).toBe(true);
    pair.send('client', numbered(0, 10), { reliability: 'reliable' });
    pair.run(500);
    expect(numbersRead(pair.server)).toEqual(upTo(1));
    closeBoth(pair);
    expect(pair.client.connection!.endInfo.code).toBe(0);
  });

  it('ends in an error when the carrier breaks before its answer', () => {
    const { pair, open } = carriedPair({ seed: 4 });
    const pipe = open();
    connectOver(pair, pipe);
    pipe.lose();
    pair.run(60_000, () => pair.client.error !== undefined);
    expect(pair.client.error?.code).toBe('Timeout');
    expect(pair.client.connection).toBeUndefined();
  });
});
