import { VCLError } from '@vcl-protocol/core';
import { formatIp, parseIp } from '../ip/ip-address.js';
import type { IpPrefix } from '../ip/ip-prefix.js';
import { AddressRange, requireFamily } from './address-range.js';
import { hashIdentity } from './identity-hash.js';
import type { Lease } from './peer.js';

/** Options of {@link AddressPool}. */
export interface AddressPoolOptions {
  /** The network that IPv4 addresses come from; without it nobody gets one, unless it is fixed. */
  readonly v4?: IpPrefix | undefined;
  /** The same for IPv6. */
  readonly v6?: IpPrefix | undefined;
  /** Addresses that nobody gets: the server's own, of 4 or 16 bytes. */
  readonly reserved?: readonly Uint8Array[];
}

/** Addresses that one identity gets and nobody else, in text. */
export interface FixedAddresses {
  readonly v4?: string | undefined;
  readonly v6?: string | undefined;
}

/** Why an identity gets no addresses. */
export type LeaseRefusal =
  /** All addresses of the pool are in use or fixed. */
  | 'exhausted'
  /** Its fixed address is in use by whoever had it before. */
  | 'address in use';

/** What {@link AddressPool.acquire} answers. */
export type LeaseAnswer =
  | {
      readonly ok: true;
      readonly lease: Lease;
      /** Whose old leases made room: the store may forget them. */
      readonly evicted: readonly string[];
    }
  | { readonly ok: false; readonly reason: LeaseRefusal };

/**
 * Who has which address inside the tunnel. An identity gets the address that it had last; a new one
 * an address that follows from a hash of it, so that most keep theirs even when all leases were lost.
 * When nothing is free, whoever was away for longest loses its lease; never one who is there.
 */
export class AddressPool {
  readonly #ranges: Readonly<Record<FamilyName, AddressRange | undefined>>;
  readonly #reserved: ReadonlySet<string>;
  readonly #leases = new Map<string, Lease>();
  readonly #live = new Set<string>();
  /** Leases that are not live, the oldest first. */
  readonly #idle = new Map<string, Lease>();
  /** Whose an address is, by lease. */
  readonly #holders = new Map<string, string>();
  readonly #fixed = new Map<string, FixedAddresses>();
  /** Whose an address is to be, by {@link fix}. */
  readonly #owners = new Map<string, string>();

  /** @throws VCLError `InvalidConfig` for a network of the other family */
  constructor({ v4, v6, reserved = [] }: AddressPoolOptions) {
    this.#ranges = {
      v4: v4 && new AddressRange(requireFamily(v4, 4)),
      v6: v6 && new AddressRange(requireFamily(v6, 16)),
    };
    this.#reserved = new Set(reserved.map(formatIp));
    for (const address of this.#reserved) this.#mark(address);
  }

  /** All leases, of those who are there and of those who are not. */
  get leases(): Iterable<Lease> {
    return this.#leases.values();
  }

  /** Whose an address is now, in any spelling. */
  holderOf(address: string): string | undefined {
    const bytes = parseIp(address);
    return bytes && this.#holders.get(formatIp(bytes));
  }

  /**
   * Takes leases of earlier times in, the newest first where two are about one address. Those that the
   * networks of now do not hold are left out; so are those whose identity has a lease already.
   */
  restore(leases: Iterable<Lease>): void {
    const known = [...leases].sort((a, b) => b.lastSeenAt - a.lastSeenAt);
    const kept = known.filter((lease) => {
      if (this.#leases.has(lease.identity)) return false;
      const v4 = this.#restorable(lease, 'v4');
      const v6 = this.#restorable(lease, 'v6');
      if (v4 === undefined && v6 === undefined) return false;
      this.#hold({ ...lease, v4, v6 });
      return true;
    });
    for (const { identity } of kept.reverse())
      this.#idle.set(identity, this.#leases.get(identity)!);
  }

  /**
   * Keeps addresses for an identity from now on, inside or outside of the networks. Replaces what was
   * fixed for it before; without addresses nothing is.
   *
   * @returns the identities that are there with one of these addresses: when their sessions have ended
   * and begin anew, they get others
   * @throws VCLError `InvalidConfig` for an address that is none, reserved, or fixed for another
   */
  fix(identity: string, addresses: FixedAddresses): string[] {
    const v4 = this.#fixable(identity, addresses.v4, 4);
    const v6 = this.#fixable(identity, addresses.v6, 16);
    const before = this.#fixed.get(identity);
    for (const address of [before?.v4, before?.v6]) {
      if (address !== undefined && this.#owners.delete(address)) this.#mark(address);
    }
    this.#fixed.delete(identity);
    if (v4 !== undefined || v6 !== undefined) this.#fixed.set(identity, { v4, v6 });
    const inTheWay = new Set<string>();
    for (const address of [v4, v6]) {
      if (address === undefined) continue;
      this.#owners.set(address, identity);
      this.#mark(address);
      const holder = this.#holders.get(address);
      if (holder === undefined || holder === identity) continue;
      if (this.#live.has(holder)) inTheWay.add(holder);
      else this.#drop(holder);
    }
    return [...inTheWay];
  }

  /**
   * Gives an identity its addresses, until {@link release}. While it has them, the answer is the same.
   *
   * @param now milliseconds since the Unix epoch
   * @param wanted addresses of 4 or 16 bytes that it would like: it gets those of the networks that
   * are nobody's
   */
  acquire(identity: string, now: number, wanted: readonly Uint8Array[] = []): LeaseAnswer {
    const before = this.#leases.get(identity);
    if (before !== undefined && this.#live.has(identity)) {
      return { ok: true, lease: before, evicted: [] };
    }
    const evicted: string[] = [];
    const wishes = { identity, before, wanted: wanted.map(formatIp), evicted };
    const v4 = this.#choose('v4', wishes);
    const v6 = typeof v4 === 'object' ? v4 : this.#choose('v6', wishes);
    // Whoever was evicted for the one family has no claim left, even where the other is exhausted.
    if (typeof v4 === 'object') return { ok: false, reason: v4.reason };
    if (typeof v6 === 'object') return { ok: false, reason: v6.reason };
    this.#drop(identity);
    const lease: Lease = { identity, v4, v6, lastSeenAt: now };
    this.#hold(lease);
    this.#live.add(identity);
    return { ok: true, lease, evicted };
  }

  /**
   * The identity is there no more; its addresses stay its own until somebody else needs them.
   *
   * @param now milliseconds since the Unix epoch
   * @returns the lease as the store should remember it, or undefined when it was not there
   */
  release(identity: string, now: number): Lease | undefined {
    const lease = this.#leases.get(identity);
    if (lease === undefined || !this.#live.delete(identity)) return undefined;
    const last: Lease = { ...lease, lastSeenAt: now };
    this.#leases.set(identity, last);
    this.#idle.set(identity, last);
    // Fixed for somebody else meanwhile.
    if (this.#isForeign(identity, last.v4) || this.#isForeign(identity, last.v6)) {
      this.#drop(identity);
      return undefined;
    }
    return last;
  }

  /** Forgets an identity, its lease and what is fixed for it: it is no peer any more. */
  forget(identity: string): void {
    this.fix(identity, {});
    this.#live.delete(identity);
    this.#drop(identity);
  }

  #choose(family: FamilyName, wishes: Wishes): Choice {
    const { identity, before, evicted } = wishes;
    const fixed = this.#fixed.get(identity)?.[family];
    if (fixed !== undefined) {
      const holder = this.#holders.get(fixed);
      return holder === undefined || holder === identity ? fixed : { reason: 'address in use' };
    }
    const range = this.#ranges[family];
    if (range === undefined) return undefined;
    const wanted = wishes.wanted.find((text) => range.has(text) && !this.#isTaken(identity, text));
    if (wanted !== undefined) return wanted;
    const last = before?.[family];
    // An address that was fixed for it once may lie outside of the pool.
    if (last !== undefined && range.has(last) && !this.#isForeign(identity, last)) return last;
    return range.freeFrom(hashIdentity(identity)) ?? this.#evict(family, identity, evicted);
  }

  /** Takes the address of whoever was away for longest. */
  #evict(family: FamilyName, identity: string, evicted: string[]): Choice {
    const range = this.#ranges[family]!;
    for (const [idle, lease] of this.#idle) {
      const address = lease[family];
      if (idle === identity || address === undefined) continue;
      if (!range.has(address) || this.#isForeign(identity, address)) continue;
      this.#drop(idle);
      evicted.push(idle);
      return address;
    }
    return { reason: 'exhausted' };
  }

  #isTaken(identity: string, address: string): boolean {
    const holder = this.#holders.get(address);
    if (holder !== undefined && holder !== identity) return true;
    return this.#isForeign(identity, address);
  }

  /** Whether nobody, or somebody else, is to have an address. */
  #isForeign(identity: string, address: string | undefined): boolean {
    if (address === undefined) return false;
    return this.#reserved.has(address) || (this.#owners.get(address) ?? identity) !== identity;
  }

  #restorable(lease: Lease, family: FamilyName): string | undefined {
    const bytes = parseIp(lease[family] ?? '');
    const address = bytes && formatIp(bytes);
    if (address === undefined || this.#ranges[family]?.has(address) !== true) return undefined;
    return this.#isTaken(lease.identity, address) ? undefined : address;
  }

  #fixable(identity: string, text: string | undefined, addressBytes: 4 | 16): string | undefined {
    if (text === undefined) return undefined;
    const bytes = parseIp(text);
    const advice = `give ${identity} another address or none`;
    if (bytes?.length !== addressBytes) {
      const family = addressBytes === 4 ? 'IPv4' : 'IPv6';
      throw new VCLError('InvalidConfig', `'${text}' is no address of ${family}: ${advice}`);
    }
    const address = formatIp(bytes);
    if (this.#reserved.has(address)) {
      throw new VCLError('InvalidConfig', `${address} is the server's own: ${advice}`);
    }
    const owner = this.#owners.get(address) ?? identity;
    if (owner === identity) return address;
    throw new VCLError('InvalidConfig', `${address} is fixed for ${owner}: ${advice}`);
  }

  #hold(lease: Lease): void {
    this.#leases.set(lease.identity, lease);
    for (const address of [lease.v4, lease.v6]) {
      if (address === undefined) continue;
      this.#holders.set(address, lease.identity);
      this.#mark(address);
    }
  }

  #drop(identity: string): void {
    const lease = this.#leases.get(identity);
    for (const address of [lease?.v4, lease?.v6]) {
      if (address !== undefined && this.#holders.delete(address)) this.#mark(address);
    }
    this.#leases.delete(identity);
    this.#idle.delete(identity);
  }

  /** Tells the networks whether an address is free. */
  #mark(address: string): void {
    const isTaken =
      this.#holders.has(address) || this.#owners.has(address) || this.#reserved.has(address);
    this.#ranges.v4?.mark(address, isTaken);
    this.#ranges.v6?.mark(address, isTaken);
  }
}

type FamilyName = 'v4' | 'v6';

/** An address, none because there is no network, or why there is none. */
type Choice = string | undefined | { readonly reason: LeaseRefusal };

interface Wishes {
  readonly identity: string;
  readonly before: Lease | undefined;
  readonly wanted: readonly string[];
  readonly evicted: string[];
}
