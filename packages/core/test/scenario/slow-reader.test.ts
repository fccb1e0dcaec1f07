import { describe, expect, it } from 'vitest';
import { connectedPair, eventsOf, numbered, numbersRead, upTo } from './support.js';

const COUNT = 120;

describe.each(['signed', 'authenticated'] as const)(
  'a reader that does not read, %s',
  (delivery) => {
    it.each(['reliable', 'unreliable'] as const)(
      'stalls the writer of %s messages, and then everything arrives',
      (reliability) => {
        const pair = connectedPair({
          seed: 1,
          config: { delivery, flowWindowAutoTune: false, sendBufferBytes: 64_000 },
        });
        pair.server.reading = false;
        for (let n = 0; n < COUNT; n++) pair.send('client', numbered(n, 2_000), { reliability });
        pair.run(5_000);
        const client = pair.client.connection!;
        // 64 fragments of 1,200 bytes are granted; the rest waits on this side.
        expect(client.sentThrough[reliability === 'reliable' ? 0 : 1]).toBeLessThanOrEqual(40);
        expect(client.bufferedBytes).toBeGreaterThan(150_000);
        expect(client.isSendBufferFull).toBe(true);
        expect(eventsOf(pair.client, 'writable')).toEqual([]);
        pair.server.reading = true;
        pair.server.read(pair.now);
        pair.run(5_000, () => pair.server.messages.length === COUNT);
        expect(numbersRead(pair.server)).toEqual(upTo(COUNT));
        pair.run(200);
        expect([client.bufferedBytes, client.isSendBufferFull]).toEqual([0, false]);
        expect(eventsOf(pair.client, 'writable')).toHaveLength(1);
      },
    );
  },
);

describe('a reader', () => {
  it('is told once that there is something to read until it has read all of it', () => {
    const pair = connectedPair({ seed: 2 });
    pair.server.reading = false;
    const readable = (): number => eventsOf(pair.server, 'readable').length;
    for (let n = 0; n < 3; n++) {
      pair.send('client', numbered(n, 10), { reliability: 'reliable' });
      pair.run(100);
    }
    expect(readable()).toBe(1);
    pair.server.read(pair.now);
    pair.send('client', numbered(3, 10), { reliability: 'reliable' });
    pair.run(100);
    expect(readable()).toBe(2);
    pair.server.read(pair.now);
    expect(numbersRead(pair.server)).toEqual(upTo(4));
  });

  it('of one lane does not stall the other lane', () => {
    const pair = connectedPair({ seed: 3, config: { flowWindowAutoTune: false } });
    pair.server.reading = false;
    for (let n = 0; n < 60; n++)
      pair.send('client', numbered(n, 3_000), { reliability: 'reliable' });
    pair.run(1_000);
    for (let n = 0; n < 5; n++)
      pair.send('client', numbered(n, 100), { reliability: 'unreliable' });
    pair.run(1_000);
    pair.server.read(pair.now);
    expect(pair.server.messages.filter(({ lane }) => lane === 1)).toHaveLength(5);
  });
});
