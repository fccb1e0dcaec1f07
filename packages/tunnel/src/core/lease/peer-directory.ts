import type { Peer } from './peer.js';

/** Whether a key may use the tunnel, and if not, why. */
export type Admission = 'admitted' | 'unknown' | 'disabled' | 'expired';

/** What differs between two readings of the peers. */
export interface PeerChanges {
  readonly added: readonly Peer[];
  readonly removed: readonly Peer[];
  /** The peers as they are now. */
  readonly changed: readonly Peer[];
}

/** The peers as they were read last, for decisions that cannot wait for the store. */
export class PeerDirectory {
  #peers: ReadonlyMap<string, Peer> = new Map();

  /** The peer with this key, if it is known. */
  get(publicKey: string): Peer | undefined {
    return this.#peers.get(publicKey);
  }

  /** @param now milliseconds since the Unix epoch */
  admission(publicKey: string, now: number): Admission {
    const peer = this.#peers.get(publicKey);
    if (peer === undefined) return 'unknown';
    if (!peer.enabled) return 'disabled';
    return peer.expiresAt !== undefined && now >= peer.expiresAt ? 'expired' : 'admitted';
  }

  /** The networks behind all who are let in, in text. */
  allowedNetworks(now: number): string[] {
    const admitted = [...this.#peers.values()].filter(({ publicKey }) => {
      return this.admission(publicKey, now) === 'admitted';
    });
    return admitted.flatMap(({ allowedIps }) => allowedIps);
  }

  /** When the next of the peers expires that are let in now, or undefined for never. */
  nextExpiry(now: number): number | undefined {
    let next: number | undefined;
    for (const { enabled, expiresAt } of this.#peers.values()) {
      if (!enabled || expiresAt === undefined || expiresAt <= now) continue;
      next = Math.min(next ?? expiresAt, expiresAt);
    }
    return next;
  }

  /** Replaces all peers, and tells what that changes. */
  update(peers: Iterable<Peer>): PeerChanges {
    const before = this.#peers;
    const after = new Map([...peers].map((peer) => [peer.publicKey, peer]));
    this.#peers = after;
    return {
      added: [...after.values()].filter(({ publicKey }) => !before.has(publicKey)),
      removed: [...before.values()].filter(({ publicKey }) => !after.has(publicKey)),
      changed: [...after.values()].filter((peer) => {
        const old = before.get(peer.publicKey);
        return old !== undefined && !isSamePeer(old, peer);
      }),
    };
  }
}

function isSamePeer(a: Peer, b: Peer): boolean {
  return (
    a.name === b.name &&
    a.enabled === b.enabled &&
    a.expiresAt === b.expiresAt &&
    a.addedAt === b.addedAt &&
    isSameList(a.addresses, b.addresses) &&
    isSameList(a.allowedIps, b.allowedIps)
  );
}

function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, i) => text === b[i]);
}
