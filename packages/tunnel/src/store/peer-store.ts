import type { Invitation, Lease, Peer } from '../core/lease/peer.js';

/** All that a store holds. */
export interface StoreContents {
  readonly peers: readonly Peer[];
  readonly leases: readonly Lease[];
  readonly invitations: readonly Invitation[];
}

/** What came of an invitation. */
export type Redemption = 'redeemed' | 'unknown' | 'expired' | 'used up';

/**
 * Where a tunnel server keeps who may use it. Several processes may use one store at a time. All
 * methods reject with VCLError `IoError` when the store cannot be read or written, and after
 * {@link close}.
 */
export interface PeerStore {
  /** All peers, leases and invitations, each sorted by its key. */
  read(): Promise<StoreContents>;
  /** Adds a peer, or replaces the one with this public key. */
  putPeer(peer: Peer): Promise<void>;
  /** Removes a peer and its leases. Resolves to whether there was one. */
  removePeer(publicKey: string): Promise<boolean>;
  /** Adds or replaces leases by their identity, after those of `evicted` were removed. */
  putLeases(leases: readonly Lease[], evicted?: readonly string[]): Promise<void>;
  /** Adds an invitation, or replaces the one with this id; those without uses left are removed. */
  putInvitation(invitation: Invitation): Promise<void>;
  /**
   * Uses an invitation up once and adds the peer, both or neither, whoever else tries at this moment.
   * The peer gets the name of the invitation, unless it has one. A peer that is known already costs
   * no use and stays as it is.
   *
   * @param now milliseconds since the Unix epoch
   */
  redeem(id: string, peer: Peer, now: number): Promise<Redemption>;
  /**
   * Calls `onChange` after peers or invitations have changed, by this process or by another, which is
   * noticed within a second. Leases are not reported. Resolves to what ends it.
   */
  watch(onChange: () => void): Promise<() => void>;
  /** Ends all watching and frees the store. */
  close(): Promise<void>;
}
