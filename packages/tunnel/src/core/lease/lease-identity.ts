/**
 * Under which name a session leases its addresses: two live sessions of one key need two.
 *
 * @param slot the place of the session among those of its key, from 0
 */
export function leaseIdentity(publicKey: string, slot: number): string {
  return slot === 0 ? publicKey : `${publicKey}${MARK}${slot}`;
}

/** Whose lease it is. */
export function leaseOwner(identity: string): string {
  return identity.split(MARK, 1)[0]!;
}

/** In no public key in text form. */
const MARK = '#';
