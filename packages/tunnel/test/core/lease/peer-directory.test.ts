import { describe, expect, it } from 'vitest';
import type { Peer } from '../../../src/core/lease/peer.js';
import { PeerDirectory } from '../../../src/core/lease/peer-directory.js';

const peer = (publicKey: string, more: Partial<Peer> = {}): Peer => ({
  publicKey,
  name: '',
  addresses: [],
  allowedIps: [],
  addedAt: 0,
  expiresAt: undefined,
  enabled: true,
  ...more,
});

describe('the directory of peers', () => {
  it('lets in who is listed, enabled and not expired', () => {
    const directory = new PeerDirectory();
    directory.update([
      peer('on'),
      peer('off', { enabled: false }),
      peer('brief', { expiresAt: 100 }),
    ]);
    expect(directory.admission('on', 1e15)).toBe('admitted');
    expect(directory.admission('off', 0)).toBe('disabled');
    expect(directory.admission('brief', 99.9)).toBe('admitted');
    expect(directory.admission('brief', 100)).toBe('expired');
    expect(directory.admission('nobody', 0)).toBe('unknown');
    expect(directory.get('brief')?.expiresAt).toBe(100);
  });

  it('tells what a new reading changes', () => {
    const directory = new PeerDirectory();
    const [a, b, c] = [peer('a'), peer('b'), peer('c')];
    expect(directory.update([a, b])).toEqual({ added: [a, b], removed: [], changed: [] });
    const renamed = peer('b', { name: 'new' });
    expect(directory.update([renamed, c])).toEqual({
      added: [c],
      removed: [a],
      changed: [renamed],
    });
    expect(directory.admission('a', 0)).toBe('unknown');
    expect(['a', 'b', 'c'].map((key) => directory.get(key))).toEqual([undefined, renamed, c]);
  });

  it.each<Partial<Peer>>([
    { name: 'x' },
    { enabled: false },
    { expiresAt: 5 },
    { addedAt: 5 },
    { addresses: ['10.8.0.2'] },
    { allowedIps: ['10.9.0.0/16'] },
  ])('sees that %j is new', (change) => {
    const directory = new PeerDirectory();
    directory.update([peer('a')]);
    expect(directory.update([peer('a')]).changed).toEqual([]);
    expect(directory.update([peer('a', change)]).changed).toHaveLength(1);
  });

  it('knows who expires next', () => {
    const directory = new PeerDirectory();
    directory.update([
      peer('a', { expiresAt: 300 }),
      peer('b', { expiresAt: 200 }),
      peer('c', { expiresAt: 250, enabled: false }),
      peer('d'),
    ]);
    expect(directory.nextExpiry(0)).toBe(200);
    expect(directory.nextExpiry(200)).toBe(300);
    expect(directory.nextExpiry(300)).toBeUndefined();
  });
});
