import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { KeyPair } from '../../src/crypto.js';
import { decideServer } from '../../src/identity/trust.js';
import { silentLogger } from '../../src/logger.js';
import { exportIdentity, importIdentity } from '../../src/web/identity-text.js';
import { StoredKnownHosts, type TextStore } from '../../src/web/known-hosts.js';

class MapStore implements TextStore {
  readonly texts = new Map<string, string>();
  getItem(name: string): string | null {
    return this.texts.get(name) ?? null;
  }
  setItem(name: string, text: string): void {
    this.texts.set(name, text);
  }
}

const KEY = KeyPair.fromSeed(new Uint8Array(32).fill(1)).publicKey;
const OTHER = KeyPair.fromSeed(new Uint8Array(32).fill(2)).publicKey;

describe('known hosts in the storage of a page', () => {
  it('remember a key on first use and know it again', () => {
    const store = new MapStore();
    expect(new StoredKnownHosts(store).add('Example.com:443', KEY)).toBe(true);
    expect(new StoredKnownHosts(store).add('example.com:443', KEY)).toBe(false);
    expect([...store.texts.keys()]).toEqual(['vcl-known-host:example.com:443']);
  });

  it('refuse another key and say how to forget the first', () => {
    const store = new MapStore();
    const hosts = new StoredKnownHosts(store);
    hosts.add('example.com:443', KEY);
    expect(() => hosts.add('example.com:443', OTHER)).toThrow(
      expect.objectContaining({
        code: 'IdentityChanged',
        message: expect.stringContaining('remove the entry vcl-known-host:example.com:443'),
      }),
    );
    expect(hosts.add('example.com:444', OTHER)).toBe(true);
  });

  it('do not take what was tampered with for a key', () => {
    const store = new MapStore();
    store.setItem('vcl-known-host:example.com:443', 'nonsense');
    expect(() => new StoredKnownHosts(store).add('example.com:443', KEY)).toThrow(VCLError);
  });

  it('tell when the storage is full', () => {
    const store = new MapStore();
    store.setItem = () => {
      throw new Error('QuotaExceededError');
    };
    const hosts = new StoredKnownHosts(store);
    expect(() => hosts.add('example.com:443', KEY)).toThrow(
      expect.objectContaining({ code: 'IoError' }),
    );
  });

  it('are what connect takes as knownHosts', async () => {
    const store = new MapStore();
    const knownHosts = new StoredKnownHosts(store);
    const decide = decideServer({ knownHosts }, silentLogger);
    expect(await decide(KEY, 'example.com:443')).toBe(true);
    expect(await decide(KEY, 'example.com:443')).toBe(true);
    await expect(decide(OTHER, 'example.com:443')).rejects.toMatchObject({
      code: 'IdentityChanged',
    });
  });
});

describe('an identity as text', () => {
  it('comes back as the same identity', () => {
    const identity = KeyPair.generate();
    const text = exportIdentity(identity);
    expect(text).toMatch(/^vcl-seed:[\w-]{43}$/);
    expect(importIdentity(text).publicKey).toEqual(identity.publicKey);
  });

  it.each(['', 'vcl-seed:', `vcl-seed:${'A'.repeat(42)}`, 'A'.repeat(43), 'vcl-seed:?'])(
    'is not read from %j',
    (text) => {
      expect(() => importIdentity(text)).toThrow(expect.objectContaining({ code: 'InvalidKey' }));
    },
  );
});
