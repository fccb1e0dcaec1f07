/** A device that may use the tunnel. Times are milliseconds since the Unix epoch. */
export interface Peer {
  /** Its identity, as `encodePublicKey` writes it. */
  readonly publicKey: string;
  /** What people call it; may be empty. */
  readonly name: string;
  /** Fixed addresses inside the tunnel, at most one of each family; empty for those of a lease. */
  readonly addresses: readonly string[];
  /** Further networks that are reached through it: `192.168.7.0/24`. */
  readonly allowedIps: readonly string[];
  readonly addedAt: number;
  /** From when on it is not let in any more; undefined for never. */
  readonly expiresAt: number | undefined;
  /** Whether it is let in. */
  readonly enabled: boolean;
}

/** Which addresses an identity has, or had last. */
export interface Lease {
  /** Whose: a public key, or that and the place of a further session of it. */
  readonly identity: string;
  readonly v4: string | undefined;
  readonly v6: string | undefined;
  /** When it was given, or when its session ended: milliseconds since the Unix epoch. */
  readonly lastSeenAt: number;
}

/** What makes whoever holds its secret a peer. */
export interface Invitation {
  /** The hash of the secret: who reads the store cannot use it. */
  readonly id: string;
  /** The name of the peers that come by it. */
  readonly name: string;
  /** Milliseconds since the Unix epoch; undefined for never. */
  readonly expiresAt: number | undefined;
  /** How many peers may still come by it; 0 takes it back. */
  readonly usesLeft: number;
}
