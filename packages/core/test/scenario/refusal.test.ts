import { Pair } from '@vcl-protocol/testkit';
import { describe, expect, it } from 'vitest';
import { seeded } from './support.js';

const PSK = new Uint8Array(32).fill(1);

describe('a client that the server does not want', () => {
  it('learns it, with the reason, and leaves nothing behind', () => {
    const pair = new Pair({ seed: 1, crypto: seeded(1), acceptClients: false });
    expect(pair.establish()).toBe(false);
    expect(pair.client.error).toMatchObject({ code: 'AuthRefused', closeCode: 10 });
    expect(pair.client.error?.message).toContain('not on the list');
    pair.run(20_000);
    for (const { endpoint } of [pair.client, pair.server]) {
      expect([endpoint.connectionCount, endpoint.halfOpenCount, endpoint.cids.size]).toEqual([
        0, 0, 0,
      ]);
    }
  });

  it('learns it under loss as well', () => {
    for (let seed = 1; seed <= 10; seed++) {
      const link = { delayMs: 20, loss: 0.3 };
      const pair = new Pair({ seed, crypto: seeded(seed), acceptClients: false, link });
      expect(pair.establish(12_000)).toBe(false);
      expect(pair.client.error?.code).toMatch(/AuthRefused|Timeout/);
    }
  });
});

describe('a handshake', () => {
  it.each([
    ['another pre-shared key', PSK, new Uint8Array(32).fill(2)],
    ['a pre-shared key that the server has not', PSK, undefined],
    ['no pre-shared key where the server has one', undefined, PSK],
  ])('with %s makes no session', (_, clientPsk, serverPsk) => {
    const pair = new Pair({
      seed: 2,
      crypto: seeded(2),
      client: clientPsk === undefined ? {} : { psk: clientPsk },
      server: serverPsk === undefined ? {} : { psk: serverPsk },
    });
    expect(pair.establish(12_000)).toBe(false);
    expect(pair.client.error).toBeDefined();
    expect(pair.server.connection).toBeUndefined();
    pair.run(20_000);
    expect(pair.server.endpoint.cids.size).toBe(0);
  });

  it('with the same pre-shared key makes one', () => {
    const pair = new Pair({ seed: 3, crypto: seeded(3), endpoint: { psk: PSK } });
    expect(pair.establish()).toBe(true);
  });

  it('between sides that want other evidence makes none', () => {
    const pair = new Pair({
      seed: 4,
      crypto: seeded(4),
      clientConfig: { evidence: 'identity' },
      serverConfig: { evidence: 'session' },
    });
    expect(pair.establish(12_000)).toBe(false);
    expect(pair.client.error).toBeDefined();
  });

  it('with oneself makes none', () => {
    const crypto = seeded(5);
    const identity = crypto.createSigner(new Uint8Array(32).fill(7));
    const pair = new Pair({ seed: 5, crypto, endpoint: { identity } });
    expect(pair.establish(12_000)).toBe(false);
    const allowed = new Pair({ seed: 6, crypto, endpoint: { identity, allowSelf: true } });
    expect(allowed.establish()).toBe(true);
  });
});
