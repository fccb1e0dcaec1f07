import { createHash } from 'node:crypto';
import type { Logger } from 'vcl-protocol';
import { formatIp } from '../core/ip/ip-address.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import { AddressPool } from '../core/lease/address-pool.js';
import { leaseIdentity } from '../core/lease/lease-identity.js';
import type { Invitation, Lease, Peer } from '../core/lease/peer.js';
import { PeerDirectory } from '../core/lease/peer-directory.js';
import type { PeerStore } from '../store/peer-store.js';

/** What came of a client's wish to be let in. */
export type AdmissionAnswer =
  | { readonly ok: true }
  | { readonly ok: false; readonly reason: string };

/** What came of a client's wish for a place. */
export type PlaceAnswer =
  | { readonly ok: true; readonly lease: Lease; readonly prefixes: readonly IpPrefix[] }
  | { readonly ok: false; readonly reason: string };

/** Why somebody who is known is not let in. */
const REFUSALS = {
  unknown: 'this key is not among the peers: ask for an invitation',
  disabled: 'this key was switched off',
  expired: 'the time of this key is over: ask whoever runs the server',
} as const;

/** Who is let in, and with which addresses: the store's peers, as they were read last. */
export class PeerAdmission {
  readonly directory: PeerDirectory = new PeerDirectory();
  readonly #store: PeerStore;
  readonly #pool: AddressPool;
  readonly #logger: Logger | undefined;
  /** Whose sessions may not go on as they are, since {@link refresh} told so last. */
  #ended = new Set<string>();
  #openInvitations = 0;
  #invitationsEnd = 0;

  /** @throws VCLError `IoError` when the store cannot be read; `InvalidConfig` for its contents */
  static async open(
    store: PeerStore,
    own: readonly IpPrefix[],
    logger: Logger | undefined,
  ): Promise<PeerAdmission> {
    const admission = new PeerAdmission(store, own, logger);
    admission.#pool.restore(await admission.#read());
    admission.#ended.clear();
    return admission;
  }

  private constructor(store: PeerStore, own: readonly IpPrefix[], logger: Logger | undefined) {
    this.#store = store;
    this.#logger = logger;
    this.#pool = new AddressPool({
      v4: own.find(({ family }) => family === 4)?.network,
      v6: own.find(({ family }) => family === 6)?.network,
      reserved: own.map(({ address }) => address),
    });
  }

  /** Reads the store again. @returns whose sessions may not go on as they are */
  async refresh(): Promise<ReadonlySet<string>> {
    await this.#read();
    const ended = this.#ended;
    this.#ended = new Set();
    return ended;
  }

  /** Whether a handshake of this key may complete: it is a peer, or may bring an invitation. */
  mayConnect(key: string): boolean {
    const now = Date.now();
    if (this.directory.admission(key, now) === 'admitted') return true;
    return this.#openInvitations > 0 && now < this.#invitationsEnd;
  }

  /** Lets a client in whose session is up. @param invitation the secret it brought, if any */
  async admit(key: string, name: string, invitation?: Uint8Array): Promise<AdmissionAnswer> {
    const now = Date.now();
    const admission = this.directory.admission(key, now);
    if (admission === 'admitted') return { ok: true };
    if (invitation === undefined) return { ok: false, reason: REFUSALS[admission] };
    const id = invitationId(invitation);
    const outcome = await this.#store.redeem(id, newPeer(key, name, now), now);
    if (outcome !== 'redeemed') {
      return { ok: false, reason: `the invitation is ${outcome}: ask for another one` };
    }
    await this.#read();
    const after = this.directory.admission(key, now);
    return after === 'admitted' ? { ok: true } : { ok: false, reason: REFUSALS[after] };
  }

  /**
   * Gives addresses to a session.
   *
   * @param slot its place among those of its key
   * @param wanted addresses that it gets if nobody has them, and it had no others
   */
  async place(key: string, slot: number, wanted: readonly Uint8Array[] = []): Promise<PlaceAnswer> {
    const identity = leaseIdentity(key, slot);
    const answer = this.#pool.acquire(identity, Date.now(), wanted);
    if (!answer.ok) return { ok: false, reason: `no address: ${answer.reason}` };
    const { lease, evicted } = answer;
    try {
      await this.#store.putLeases([lease], evicted);
    } catch (error) {
      // A full disk must not keep those out who are known: only the address may be another next time.
      this.#logger?.error({ error, peer: key }, 'a lease could not be written');
    }
    const own = [lease.v4, lease.v6].filter((text) => text !== undefined);
    const allowed = slot === 0 ? (this.directory.get(key)?.allowedIps ?? []) : [];
    return { ok: true, lease, prefixes: [...own, ...allowed].map((text) => IpPrefix.parse(text)) };
  }

  /** The session is over: its addresses stay its own until somebody else needs them. */
  async release(key: string, slot: number): Promise<void> {
    const identity = leaseIdentity(key, slot);
    const lease = this.#pool.release(identity, Date.now());
    if (this.directory.get(key) === undefined) this.#pool.forget(identity);
    else if (lease !== undefined) await this.#store.putLeases([lease]);
  }

  async #read(): Promise<readonly Lease[]> {
    const { peers, leases, invitations } = await this.#store.read();
    const { added, removed, changed } = this.directory.update(peers);
    for (const { publicKey } of removed) {
      this.#pool.forget(publicKey);
      this.#ended.add(publicKey);
    }
    // All of them give theirs back first, so that two may have changed places.
    for (const { publicKey } of changed) {
      this.#pool.fix(publicKey, {});
      this.#ended.add(publicKey);
    }
    for (const peer of [...added, ...changed]) {
      for (const key of this.#fix(peer)) this.#ended.add(key);
    }
    this.#noteInvitations(invitations);
    return leases;
  }

  #noteInvitations(invitations: readonly Invitation[]): void {
    const now = Date.now();
    const open = invitations.filter(({ expiresAt, usesLeft }) => {
      return usesLeft > 0 && (expiresAt === undefined || expiresAt > now);
    });
    this.#openInvitations = open.length;
    this.#invitationsEnd = Math.max(
      0,
      ...open.map(({ expiresAt }) => expiresAt ?? Number.POSITIVE_INFINITY),
    );
  }

  #fix({ publicKey, addresses }: Peer): string[] {
    const prefixes = addresses.map((text) => IpPrefix.parse(text));
    const v4 = prefixes.find(({ family }) => family === 4);
    const v6 = prefixes.find(({ family }) => family === 6);
    try {
      return this.#pool.fix(publicKey, {
        ...(v4 === undefined ? {} : { v4: formatIp(v4.address) }),
        ...(v6 === undefined ? {} : { v6: formatIp(v6.address) }),
      });
    } catch (error) {
      // One peer whose address is somebody else's must not keep the others out.
      this.#logger?.error({ error, peer: publicKey }, 'a fixed address is left out');
      return [];
    }
  }
}

/** Under which name the store knows an invitation: who reads the store cannot use it. */
export function invitationId(secret: Uint8Array): string {
  return createHash('sha256').update('VCL invitation').update(secret).digest('hex');
}

function newPeer(publicKey: string, name: string, now: number): Peer {
  return {
    publicKey,
    name,
    addresses: [],
    allowedIps: [],
    addedAt: now,
    expiresAt: undefined,
    enabled: true,
  };
}
