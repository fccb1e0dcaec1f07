import { randomBytes } from 'node:crypto';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { IpPrefix, invitationId, MemoryPeerStore } from '../../src/index.js';
import { PeerAdmission } from '../../src/server/peer-admission.js';
import { peer } from '../vpn-support.js';

const OWN = [IpPrefix.parse('10.9.0.1/24')];

describe('what a redeemed invitation brings along', () => {
  it('is told with the next reading: whose addresses had changed meanwhile', async () => {
    const { store, admission, known } = await withOnePeer();
    await store.putPeer(peer(known, { addresses: ['10.9.0.7'] }));
    await letInBy(store, admission, KeyPair.generate());
    expect([...(await admission.refresh())]).toEqual([encodePublicKey(known.publicKey)]);
    expect([...(await admission.refresh())]).toEqual([]);
  });

  it('is told with the next reading: who was removed meanwhile', async () => {
    const { store, admission, known } = await withOnePeer();
    await store.removePeer(encodePublicKey(known.publicKey));
    await letInBy(store, admission, KeyPair.generate());
    expect([...(await admission.refresh())]).toEqual([encodePublicKey(known.publicKey)]);
  });

  it('ends nothing of who came with it', async () => {
    const { store, admission } = await withOnePeer();
    const guest = KeyPair.generate();
    await letInBy(store, admission, guest);
    expect((await admission.place(encodePublicKey(guest.publicKey), 0)).ok).toBe(true);
    expect([...(await admission.refresh())]).toEqual([]);
  });
});

async function withOnePeer() {
  const store = new MemoryPeerStore();
  const known = KeyPair.generate();
  await store.putPeer(peer(known));
  return { store, known, admission: await PeerAdmission.open(store, OWN, undefined) };
}

async function letInBy(store: MemoryPeerStore, admission: PeerAdmission, guest: KeyPair) {
  const secret = new Uint8Array(randomBytes(32));
  await store.putInvitation({
    id: invitationId(secret),
    name: '',
    expiresAt: undefined,
    usesLeft: 1,
  });
  const answer = await admission.admit(encodePublicKey(guest.publicKey), 'guest', secret);
  expect(answer).toEqual({ ok: true });
}
