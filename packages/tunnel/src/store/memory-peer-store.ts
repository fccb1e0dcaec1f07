import { VCLError } from '@vcl-protocol/core';
import { leaseOwner } from '../core/lease/lease-identity.js';
import type { Invitation, Lease, Peer } from '../core/lease/peer.js';

import type { PeerStore, Redemption, StoreContents } from './peer-store.js';
import { invitedPeer, judgeInvitation } from './redeem.js';

/** A {@link PeerStore} that is empty at first and forgets all when the process ends. */
export class MemoryPeerStore implements PeerStore {
  readonly #peers = new Map<string, Peer>();
  readonly #leases = new Map<string, Lease>();
  readonly #invitations = new Map<string, Invitation>();
  readonly #watchers = new Set<() => void>();
  #isClosed = false;

  async read(): Promise<StoreContents> {
    this.#requireOpen();
    return {
      peers: sorted(this.#peers),
      leases: sorted(this.#leases),
      invitations: sorted(this.#invitations),
    };
  }

  async putPeer(peer: Peer): Promise<void> {
    this.#requireOpen();
    this.#peers.set(peer.publicKey, structuredClone(peer));
    this.#notify();
  }

  async removePeer(publicKey: string): Promise<boolean> {
    this.#requireOpen();
    for (const identity of this.#leases.keys()) {
      if (leaseOwner(identity) === publicKey) this.#leases.delete(identity);
    }
    const wasThere = this.#peers.delete(publicKey);
    if (wasThere) this.#notify();
    return wasThere;
  }

  async putLeases(leases: readonly Lease[], evicted: readonly string[] = []): Promise<void> {
    this.#requireOpen();
    for (const identity of evicted) this.#leases.delete(identity);
    for (const lease of leases) this.#leases.set(lease.identity, { ...lease });
  }

  async putInvitation(invitation: Invitation): Promise<void> {
    this.#requireOpen();
    this.#invitations.set(invitation.id, { ...invitation });
    for (const { id, usesLeft } of this.#invitations.values()) {
      if (usesLeft <= 0) this.#invitations.delete(id);
    }
    this.#notify();
  }

  async redeem(id: string, peer: Peer, now: number): Promise<Redemption> {
    this.#requireOpen();
    const invitation = this.#invitations.get(id);
    const flaw = judgeInvitation(invitation, now);
    if (flaw !== undefined) return flaw;
    if (this.#peers.has(peer.publicKey)) return 'redeemed';
    this.#invitations.set(id, { ...invitation!, usesLeft: invitation!.usesLeft - 1 });
    this.#peers.set(peer.publicKey, invitedPeer(structuredClone(peer), invitation!));
    this.#notify();
    return 'redeemed';
  }

  async watch(onChange: () => void): Promise<() => void> {
    this.#requireOpen();
    // Of its own, because one function may watch twice.
    const watcher = () => onChange();
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  async close(): Promise<void> {
    this.#watchers.clear();
    this.#isClosed = true;
  }

  #notify(): void {
    // Not here and now: whoever writes must not get the errors of those who watch.
    for (const watcher of this.#watchers) {
      queueMicrotask(() => {
        if (this.#watchers.has(watcher)) watcher();
      });
    }
  }

  #requireOpen(): void {
    if (!this.#isClosed) return;
    throw new VCLError('IoError', 'the peer store was closed: open it again');
  }
}

function sorted<T>(entries: ReadonlyMap<string, T>): T[] {
  return [...entries]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => structuredClone(value));
}
