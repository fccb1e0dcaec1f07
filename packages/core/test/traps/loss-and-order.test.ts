import { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { VCLConfig } from '../../src/config.js';
import { VCLError } from '../../src/errors.js';
import { endOf, establishedPair, numbered, numbersOf, range } from './support.js';

describe('the ordered lane', () => {
  it.each([
    ['every tenth datagram lost', { loss: 0.1 }],
    ['a third lost in bursts', { loss: 0.33, burst: 3 }],
    ['half of them overtaken', { reorder: 0.5, reorderDelayMs: 60 }],
    ['a quarter doubled', { duplicate: 0.25 }],
    ['one in twenty damaged', { corrupt: 0.05, truncate: 0.05 }],
  ])('delivers every message once and in order with %s', (_, link) => {
    const pair = new Pair({ seed: 11, link });
    expect(pair.establish()).toBe(true);
    for (const i of range(200)) pair.send('client', numbered(i), { reliability: 'reliable' });
    pair.run(30_000, () => pair.server.messages.length === 200);
    expect(numbersOf(pair.server)).toEqual(range(200));
    expect(endOf(pair.server)).toBeUndefined();
  });

  it('carries a message that is larger than any window to a reader that is slow', () => {
    const pair = establishedPair({ seed: 12 });
    pair.server.reading = false;
    const payload = new Uint8Array(2 ** 18).map((_, i) => i * 31);
    pair.send('client', payload, { reliability: 'reliable' });
    pair.send('client', numbered(1), { reliability: 'reliable' });
    pair.run(5_000);
    expect(pair.server.messages).toHaveLength(0);
    pair.server.reading = true;
    pair.server.read(pair.now);
    pair.run(5_000, () => pair.server.messages.length === 2);
    expect(pair.server.messages[0]?.payload).toEqual(payload);
  });
});

describe('a sender', () => {
  it('never has more under way than the reader has given credit for, and is told when to go on', () => {
    const config = { flowWindowSize: 8 };
    const pair = establishedPair({ seed: 14, config, clientConfig: { sendBufferBytes: 65_536 } });
    pair.server.reading = false;
    let sent = 0;
    while (!pair.client.connection!.isSendBufferFull) {
      pair.send('client', numbered(sent++, 1_000), { reliability: 'reliable' });
    }
    pair.run(5_000);
    const received = pair.server.connection!.counters.payloadBytesReceived;
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(8 * 1_200);
    expect(pair.client.events).not.toContainEqual({ type: 'writable' });
    pair.server.reading = true;
    pair.server.read(pair.now);
    pair.serverHost.turn();
    pair.run(5_000);
    expect(numbersOf(pair.server)).toEqual(range(sent));
    expect(pair.client.events).toContainEqual({ type: 'writable' });
  });

  it('is refused a message that is longer than both sides allow, and nothing of it is sent', () => {
    const pair = establishedPair({ seed: 15, serverConfig: { maxMessageBytes: 1_000 } });
    let error: unknown;
    try {
      pair.send('client', new Uint8Array(1_001));
    } catch (thrown) {
      error = thrown;
    }
    expect(VCLError.is(error) && error.code).toBe('MessageTooBig');
    pair.send('client', new Uint8Array(1_000));
    pair.run(1_000);
    expect(pair.server.messages.map(({ payload }) => payload.length)).toEqual([1_000]);
  });

  it.each(['vpn', 'gaming', 'streaming', 'auto'] as const)(
    'with the preset %s keeps every datagram within 32 bytes of fragmentSize, and within 1,500 with IPv6',
    (name) => {
      const config = { ...VCLConfig[name](), transport: 'udp' as const };
      const pair = new Pair({ seed: 16, config });
      let longest = 0;
      pair.simulation.network.setTap({
        onDatagram: ({ data }) => {
          longest = Math.max(longest, data.length);
          return 'pass';
        },
      });
      pair.establish();
      pair.send('client', new Uint8Array(20_000), { reliability: 'reliable' });
      pair.run(2_000);
      expect(pair.server.messages).toHaveLength(1);
      expect(longest).toBeGreaterThan(config.fragmentSize);
      expect(longest).toBeLessThanOrEqual(config.fragmentSize + 32);
      expect(longest + 40 + 8).toBeLessThanOrEqual(1_500);
    },
  );
});
