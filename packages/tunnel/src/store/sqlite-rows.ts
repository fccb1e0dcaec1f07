import { leaseOwner } from '../core/lease/lease-identity.js';
import type { Invitation, Lease, Peer } from '../core/lease/peer.js';
import type { SqlValue } from './sqlite-engine.js';

/** The columns of a peer, in the order of its table. */
export function peerValues(peer: Peer): SqlValue[] {
  return [
    peer.publicKey,
    peer.name,
    peer.addresses.join(SEPARATOR),
    peer.allowedIps.join(SEPARATOR),
    Math.floor(peer.addedAt),
    wholeOrNull(peer.expiresAt),
    peer.enabled ? 1 : 0,
  ];
}

/** @param row of the table of peers */
export function peerOf(row: unknown): Peer {
  const columns = row as PeerRow;
  return {
    publicKey: columns.public_key,
    name: columns.name,
    addresses: listOf(columns.addresses),
    allowedIps: listOf(columns.allowed_ips),
    addedAt: columns.added_at,
    expiresAt: columns.expires_at ?? undefined,
    enabled: columns.enabled !== 0,
  };
}

/** The columns of a lease, in the order of its table. */
export function leaseValues({ identity, v4, v6, lastSeenAt }: Lease): SqlValue[] {
  return [identity, leaseOwner(identity), v4 ?? null, v6 ?? null, Math.floor(lastSeenAt)];
}

/** @param row of the table of leases */
export function leaseOf(row: unknown): Lease {
  const { identity, v4, v6, last_seen_at } = row as LeaseRow;
  return { identity, v4: v4 ?? undefined, v6: v6 ?? undefined, lastSeenAt: last_seen_at };
}

/** The columns of an invitation, in the order of its table. */
export function invitationValues({ id, name, expiresAt, usesLeft }: Invitation): SqlValue[] {
  return [id, name, wholeOrNull(expiresAt), usesLeft];
}

/** @param row of the table of invitations */
export function invitationOf(row: unknown): Invitation {
  const { id, name, expires_at, uses_left } = row as InvitationRow;
  return { id, name, expiresAt: expires_at ?? undefined, usesLeft: uses_left };
}

interface PeerRow {
  readonly public_key: string;
  readonly name: string;
  readonly addresses: string;
  readonly allowed_ips: string;
  readonly added_at: number;
  readonly expires_at: number | null;
  readonly enabled: number;
}

interface LeaseRow {
  readonly identity: string;
  readonly v4: string | null;
  readonly v6: string | null;
  readonly last_seen_at: number;
}

interface InvitationRow {
  readonly id: string;
  readonly name: string;
  readonly expires_at: number | null;
  readonly uses_left: number;
}

/** In no address and in no prefix. */
const SEPARATOR = ' ';

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(SEPARATOR);
}

function wholeOrNull(timeMs: number | undefined): number | null {
  return timeMs === undefined ? null : Math.floor(timeMs);
}
