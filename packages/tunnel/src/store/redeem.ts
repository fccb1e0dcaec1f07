import type { Invitation, Peer } from '../core/lease/peer.js';
import type { Redemption } from './peer-store.js';

/**
 * Whether an invitation is good now.
 *
 * @param now milliseconds since the Unix epoch
 */
export function judgeInvitation(
  invitation: Invitation | undefined,
  now: number,
): Exclude<Redemption, 'redeemed'> | undefined {
  if (invitation === undefined) return 'unknown';
  if (invitation.usesLeft <= 0) return 'used up';
  const { expiresAt } = invitation;
  return expiresAt !== undefined && now >= expiresAt ? 'expired' : undefined;
}

/** The peer as it is added when it comes by an invitation: who invites may have named it. */
export function invitedPeer(peer: Peer, { name }: Invitation): Peer {
  return name === '' ? peer : { ...peer, name };
}
