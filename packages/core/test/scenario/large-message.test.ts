import type { VCLConfig } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { closeBoth, connectedPair, numbered, verifyLog } from './support.js';

const MIB = 1024 * 1024;

describe.each(['signed', 'authenticated'] as const)(
  'a message larger than the window, %s',
  (delivery) => {
    it.each(['reliable', 'partial', 'unreliable'] as const)(
      'arrives whole when it is %s',
      (reliability) => {
        const pair = connectedPair({ seed: 1, config: { delivery, flowWindowSize: 8 } });
        const payload = numbered(1, 500_000);
        pair.send('client', payload, { reliability });
        pair.run(60_000, () => pair.server.messages.length === 1);
        expect(pair.server.messages[0]?.payload).toEqual(payload);
      },
    );

    it('arrives behind small ones that were just read, on an exact window', () => {
      const pair = connectedPair({ seed: 2, config: { delivery, flowWindowSize: 8 } });
      for (let n = 0; n < 3; n++) pair.send('client', numbered(n, 10), { reliability: 'reliable' });
      pair.send('client', numbered(3, 200_000), { reliability: 'reliable' });
      pair.send('client', numbered(4, 10), { reliability: 'reliable' });
      pair.run(60_000, () => pair.server.messages.length === 5);
      expect(pair.server.messages.map(({ payload }) => payload.length)).toEqual([
        10, 10, 10, 200_000, 10,
      ]);
    });

    it('arrives in both lanes and both directions at once, under loss', () => {
      const pair = connectedPair({
        seed: 3,
        config: { delivery, flowWindowSize: 16, maxRetries: 100 },
        link: { delayMs: 20, loss: 0.05 },
      });
      for (const side of ['client', 'server'] as const) {
        pair.send(side, numbered(1, 150_000), { reliability: 'reliable' });
        pair.send(side, numbered(2, 150_000), { reliability: 'partial' });
      }
      pair.run(120_000, () => pair.server.messages.length + pair.client.messages.length === 4);
      for (const side of [pair.client, pair.server]) {
        expect(side.messages.map(({ payload }) => payload.length)).toEqual([150_000, 150_000]);
      }
    });
  },
);

describe('a message of 16 MiB', () => {
  it('arrives, is signed and stands in the log', { timeout: 100_000 }, () => {
    const pair = connectedPair({
      seed: 4,
      config: { fragmentSize: 60_000 },
      endpoint: { record: { payloads: 'redacted' } },
    });
    const payload = new Uint8Array(16 * MIB).fill(0xa5);
    pair.send('client', payload, { reliability: 'reliable' });
    pair.run(120_000, () => pair.server.messages.length === 1);
    const [message] = pair.server.messages;
    expect(message?.payload.length).toBe(16 * MIB);
    expect(message?.payload.every((byte) => byte === 0xa5)).toBe(true);
    expect(message?.verified).toBe(true);
    closeBoth(pair);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });

  it('and a byte is refused', () => {
    const pair = connectedPair({ seed: 5 });
    expect(() => pair.send('client', new Uint8Array(16 * MIB + 1))).toThrow(
      expect.objectContaining({ code: 'MessageTooBig' }),
    );
  });

  it('makes the window grow with the path, so that it does not crawl', () => {
    const takes = (config: Partial<VCLConfig>): number => {
      const pair = connectedPair({
        seed: 6,
        config: { delivery: 'authenticated', ...config },
        link: { delayMs: 50 },
      });
      const since = pair.now;
      pair.send('client', new Uint8Array(2 * MIB), { reliability: 'reliable' });
      pair.run(60_000, () => pair.server.messages.length === 1);
      return pair.now - since;
    };
    // An exact window of 76,800 bytes takes 27 round trips of 100 ms.
    expect(takes({ flowWindowAutoTune: false })).toBeGreaterThan(2_500);
    expect(takes({ flowWindowAutoTune: true })).toBeLessThan(1_500);
  });
});

describe('a message of no bytes', () => {
  it('arrives in every way and is not mistaken for another', () => {
    const pair = connectedPair({ seed: 7, link: { delayMs: 10, loss: 0.2 } });
    for (let kind = 0; kind < 20; kind++) {
      pair.send('client', new Uint8Array(), { reliability: 'reliable', kind });
    }
    pair.run(10_000, () => pair.server.messages.length === 20);
    expect(pair.server.messages.map(({ kind, n }) => [kind, n])).toEqual(
      Array.from({ length: 20 }, (_, i) => [i, i]),
    );
    const calm = connectedPair({ seed: 8 });
    for (const reliability of ['partial', 'unreliable'] as const) {
      calm.send('client', new Uint8Array(), { reliability });
    }
    calm.run(1_000);
    expect(calm.server.messages.map(({ payload }) => payload.length)).toEqual([0, 0]);
  });

  it('ends a session in order when it is the last', () => {
    const pair = connectedPair({ seed: 9, endpoint: { record: { payloads: 'kept' } } });
    pair.send('client', new Uint8Array(), { reliability: 'unreliable' });
    pair.send('client', new Uint8Array(), { reliability: 'reliable' });
    closeBoth(pair);
    expect(pair.server.messages).toHaveLength(2);
    expect(verifyLog(pair, 'server').exitCode).toBe(0);
  });
});
