import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { leaseIdentity } from '../../src/core/lease/lease-identity.js';
import { MemoryPeerStore } from '../../src/store/memory-peer-store.js';
import type { PeerStore } from '../../src/store/peer-store.js';
import { SqlitePeerStore } from '../../src/store/sqlite-peer-store.js';
import { invitation, lease, peer } from './support/samples.js';
import { temporaryFolder } from './support/temporary-folder.js';

const stores: readonly [string, () => Promise<PeerStore>][] = [
  ['memory', async () => new MemoryPeerStore()],
  ['SQLite', () => SqlitePeerStore.open(join(temporaryFolder(), 'store.db'))],
];

describe.each(stores)('a peer store in %s', (_, make) => {
  async function opened(): Promise<PeerStore> {
    const store = await make();
    onTestFinished(() => store.close());
    return store;
  }

  it('is empty at first', async () => {
    const store = await opened();
    expect(await store.read()).toEqual({ peers: [], leases: [], invitations: [] });
  });

  it('keeps all there is to a peer', async () => {
    const store = await opened();
    const full = peer('b', {
      addresses: ['10.8.0.7', 'fd00::7'],
      allowedIps: ['192.168.7.0/24', 'fd07::/64'],
      expiresAt: 1_800_000_000_000,
      enabled: false,
    });
    await store.putPeer(full);
    await store.putPeer(peer('a', { name: '' }));
    expect((await store.read()).peers).toEqual([peer('a', { name: '' }), full]);
    await store.putPeer(peer('b'));
    expect((await store.read()).peers).toEqual([peer('a', { name: '' }), peer('b')]);
  });

  it('keeps names of any characters', async () => {
    const store = await opened();
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (name) => {
        fc.pre(!name.includes('\0'));
        await store.putPeer(peer('a', { name }));
        expect((await store.read()).peers[0]?.name).toBe(name);
      }),
      { numRuns: 50 },
    );
  });

  it('hands out copies', async () => {
    const store = await opened();
    const addresses = ['10.8.0.7'];
    await store.putPeer(peer('a', { addresses }));
    addresses.push('10.8.0.8');
    const first = await store.read();
    (first.peers[0]!.addresses as string[]).push('10.8.0.9');
    expect((await store.read()).peers[0]?.addresses).toEqual(['10.8.0.7']);
  });

  it('removes a peer with its leases, and no others', async () => {
    const store = await opened();
    await store.putPeer(peer('a'));
    await store.putPeer(peer('ab'));
    await store.putLeases([lease('a'), lease(leaseIdentity('a', 1)), lease('ab')]);
    expect(await store.removePeer('a')).toBe(true);
    expect(await store.removePeer('a')).toBe(false);
    expect(await store.read()).toMatchObject({ peers: [peer('ab')], leases: [lease('ab')] });
  });

  it('keeps leases, and forgets those that made room', async () => {
    const store = await opened();
    const both = lease('b', { v4: undefined, v6: 'fd00::9', lastSeenAt: 5 });
    await store.putLeases([lease('a'), both]);
    expect((await store.read()).leases).toEqual([lease('a'), both]);
    await store.putLeases([lease('c'), lease('b')], ['a', 'nobody']);
    expect((await store.read()).leases).toEqual([lease('b'), lease('c')]);
  });

  it('uses an invitation up once', async () => {
    const store = await opened();
    await store.putInvitation(invitation('i', { name: 'phone' }));
    expect(await store.redeem('j', peer('a'), 0)).toBe('unknown');
    expect(await store.redeem('i', peer('a', { name: '' }), 0)).toBe('redeemed');
    expect(await store.redeem('i', peer('b'), 0)).toBe('used up');
    expect((await store.read()).peers).toEqual([peer('a', { name: 'phone' })]);
  });

  it('serves as many peers as an invitation has uses, a known one at no cost', async () => {
    const store = await opened();
    await store.putInvitation(invitation('i', { usesLeft: 2 }));
    await store.putPeer(peer('known', { enabled: false }));
    expect(await store.redeem('i', peer('known'), 0)).toBe('redeemed');
    expect((await store.read()).peers).toEqual([peer('known', { enabled: false })]);
    const tries = ['a', 'b', 'c'].map((key) => store.redeem('i', peer(key), 0));
    expect((await Promise.all(tries)).sort()).toEqual(['redeemed', 'redeemed', 'used up']);
    expect((await store.read()).peers).toHaveLength(3);
  });

  it('refuses an invitation from its expiry on', async () => {
    const store = await opened();
    await store.putInvitation(invitation('i', { expiresAt: 1_000 }));
    expect(await store.redeem('i', peer('a'), 1_000)).toBe('expired');
    expect(await store.redeem('i', peer('a'), 999)).toBe('redeemed');
  });

  it('takes an invitation back', async () => {
    const store = await opened();
    await store.putInvitation(invitation('i'));
    await store.putInvitation(invitation('j'));
    await store.putInvitation(invitation('i', { usesLeft: 0 }));
    expect((await store.read()).invitations).toEqual([invitation('j')]);
    expect(await store.redeem('i', peer('a'), 0)).toBe('unknown');
  });

  it('tells those who watch of peers and invitations, and not of leases', async () => {
    const store = await opened();
    let calls = 0;
    const stop = await store.watch(() => calls++);
    const changes = async (work: () => Promise<unknown>) => {
      const before = calls;
      await work();
      await new Promise<void>((resolve) => queueMicrotask(resolve));
      return calls - before;
    };
    expect(await changes(() => store.putPeer(peer('a')))).toBe(1);
    expect(await changes(() => store.putInvitation(invitation('i')))).toBe(1);
    expect(await changes(() => store.redeem('i', peer('b'), 0))).toBe(1);
    expect(await changes(() => store.redeem('i', peer('c'), 0))).toBe(0);
    expect(await changes(() => store.putLeases([lease('a')]))).toBe(0);
    expect(await changes(() => store.removePeer('a'))).toBe(1);
    expect(await changes(() => store.removePeer('a'))).toBe(0);
    stop();
    stop();
    expect(await changes(() => store.putPeer(peer('d')))).toBe(0);
  });

  it('is of no use after it was closed', async () => {
    const store = await opened();
    await store.close();
    await store.close();
    const uses: (() => Promise<unknown>)[] = [
      () => store.read(),
      () => store.putPeer(peer('a')),
      () => store.removePeer('a'),
      () => store.putLeases([]),
      () => store.putInvitation(invitation('i')),
      () => store.redeem('i', peer('a'), 0),
      () => store.watch(() => {}),
    ];
    for (const use of uses) {
      await expect(use()).rejects.toMatchObject({ code: 'IoError' });
    }
  });
});
