import type { IpPrefix } from '../ip/ip-prefix.js';
import { LookupCache } from './lookup-cache.js';
import { NO_OWNER, PrefixTrie } from './prefix-trie.js';

/** Whether packets may pass from one peer to another. */
export type ClientToClient = 'allow' | 'deny';

/**
 * Which addresses belong to which peer: where packets go, and from whom they may come. As in
 * WireGuard, a prefix belongs to one peer at a time, the longest match decides, and both directions
 * follow the same table.
 */
export class PeerRoutes<P extends object> {
  /** `deny`: nothing passes from one peer to another. May be changed at any time. */
  clientToClient: ClientToClient;
  readonly #families: { readonly v4: Family; readonly v6: Family } = {
    v4: new Family(4),
    v6: new Family(16),
  };
  /** Peers by the number that they have in the tries; numbers are used again. */
  readonly #peers: (P | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  readonly #entries = new Map<P, Entry>();

  /** @param clientToClient default `deny` */
  constructor(clientToClient: ClientToClient = 'deny') {
    this.clientToClient = clientToClient;
  }

  /**
   * Gives prefixes to a peer, beside those it has; they are nobody else's from then on.
   *
   * @param prefixes of either family; host bits are ignored
   */
  add(peer: P, prefixes: Iterable<IpPrefix>): void {
    const entry = this.#entries.get(peer) ?? this.#enter(peer);
    for (const given of prefixes) {
      const prefix = given.network;
      const name = String(prefix);
      const before = this.#familyOf(prefix).insert(prefix, entry.number);
      entry.prefixes.set(name, prefix);
      if (before === NO_OWNER || before === entry.number) continue;
      this.#entries.get(this.#peers[before]!)!.prefixes.delete(name);
    }
  }

  /** Takes all prefixes from a peer and forgets it. One that is not there is left alone. */
  remove(peer: P): void {
    const entry = this.#entries.get(peer);
    if (entry === undefined) return;
    for (const prefix of entry.prefixes.values()) this.#familyOf(prefix).remove(prefix);
    this.#entries.delete(peer);
    this.#peers[entry.number] = undefined;
    this.#freeNumbers.push(entry.number);
  }

  /**
   * Whom a packet is for.
   *
   * @param bytes hold at `start` a whole IP header, of which bit 7 of the first byte is no part
   * (SPEC 14.1)
   * @returns undefined when its destination is no peer's
   */
  destinationOf(bytes: Uint8Array, start: number): P | undefined {
    const version = (bytes[start]! >> 4) & 7;
    return this.#peerOf(bytes, start + (version === 4 ? DESTINATION_4 : DESTINATION_6), version);
  }

  /**
   * Whether a peer may send this packet: the longest prefix around its source address is the peer's.
   *
   * @param bytes as {@link destinationOf} has them
   */
  isAllowedSource(peer: P, bytes: Uint8Array, start: number): boolean {
    const version = (bytes[start]! >> 4) & 7;
    const offset = start + (version === 4 ? SOURCE_4 : SOURCE_6);
    return this.#peerOf(bytes, offset, version) === peer;
  }

  #peerOf(bytes: Uint8Array, offset: number, version: number): P | undefined {
    if (version !== 4 && version !== 6) return undefined;
    const family = version === 4 ? this.#families.v4 : this.#families.v6;
    const number = family.lookup(bytes, offset);
    return number === NO_OWNER ? undefined : this.#peers[number];
  }

  #familyOf({ address }: IpPrefix): Family {
    return address.length === 4 ? this.#families.v4 : this.#families.v6;
  }

  #enter(peer: P): Entry {
    const number = this.#freeNumbers.pop() ?? this.#peers.length;
    const entry = { number, prefixes: new Map<string, IpPrefix>() };
    this.#peers[number] = peer;
    this.#entries.set(peer, entry);
    return entry;
  }
}

interface Entry {
  readonly number: number;
  /** By their text. */
  readonly prefixes: Map<string, IpPrefix>;
}

/** A trie, and the answers it gave since it was changed. */
class Family {
  readonly #trie: PrefixTrie;
  readonly #cache: LookupCache;

  constructor(addressBytes: 4 | 16) {
    this.#trie = new PrefixTrie(addressBytes);
    this.#cache = new LookupCache(this.#trie, addressBytes);
  }

  lookup(bytes: Uint8Array, offset: number): number {
    return this.#cache.lookup(bytes, offset);
  }

  insert(prefix: IpPrefix, owner: number): number {
    this.#cache.clear();
    return this.#trie.insert(prefix, owner);
  }

  remove(prefix: IpPrefix): number {
    this.#cache.clear();
    return this.#trie.remove(prefix);
  }
}

// Offsets in the fixed parts of the headers (RFC 791 section 3.1, RFC 8200 section 3).
const SOURCE_4 = 12;
const DESTINATION_4 = 16;
const SOURCE_6 = 8;
const DESTINATION_6 = 24;
