import type { Invitation, Lease, Peer } from '../../../src/core/lease/peer.js';

/** @param publicKey any text will do here */
export function peer(publicKey: string, more: Partial<Peer> = {}): Peer {
  return {
    publicKey,
    name: `name of ${publicKey}`,
    addresses: [],
    allowedIps: [],
    addedAt: 1_700_000_000_000,
    expiresAt: undefined,
    enabled: true,
    ...more,
  };
}

export function lease(identity: string, more: Partial<Lease> = {}): Lease {
  return { identity, v4: '10.8.0.2', v6: undefined, lastSeenAt: 1_700_000_000_000, ...more };
}

export function invitation(id: string, more: Partial<Invitation> = {}): Invitation {
  return { id, name: 'guest', expiresAt: undefined, usesLeft: 1, ...more };
}
