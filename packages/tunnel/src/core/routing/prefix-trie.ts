import type { IpPrefix } from '../ip/ip-prefix.js';

/** What {@link PrefixTrie} answers where no prefix matches. */
export const NO_OWNER = -1;

/**
 * Longest-prefix match: a binary trie without nodes that only pass on, in arrays of 32-bit
 * words, so that a lookup allocates nothing and touches a quarter of a cache line a node. One trie
 * holds addresses of one family.
 */
export class PrefixTrie {
  readonly #addressBytes: 4 | 16;
  /** The address or prefix in work, and a word behind it, at which the longest prefixes look. */
  readonly #key: Int32Array = new Int32Array(5);
  #nodes: Int32Array = new Int32Array(FIRST_NODES * NODE_WORDS);
  /** The prefix of each node, in as many words as addresses of the family have: see {@link #keyAt}. */
  #keys: Int32Array;
  #root: number = NONE;
  /** Behind the last node that was ever in use. The first is never used: 0 means none. */
  #end: number = NODE_WORDS;
  /** Nodes that were freed, chained by {@link LEFT}. */
  #free: number = NONE;

  /** @param addressBytes 4 for IPv4, 16 for IPv6 */
  constructor(addressBytes: 4 | 16) {
    this.#addressBytes = addressBytes;
    this.#keys = new Int32Array((FIRST_NODES * addressBytes) >>> 2);
  }

  /**
   * Whose the address at `offset` is, by the longest prefix that it lies in.
   *
   * @param bytes hold the whole address, in network order
   * @returns the owner, or {@link NO_OWNER}
   */
  lookup(bytes: Uint8Array, offset: number): number {
    this.#load(bytes, offset);
    const node = this.#furthest();
    if (node === NONE) return NO_OWNER;
    // All prefixes on the way are prefixes of the last one, so one comparison tells which of them fit.
    const bits = this.#nodes[node]!;
    const common = this.#commonBits(node, bits);
    const owner = this.#nodes[node + OWNER]!;
    return common === bits && owner !== NO_OWNER ? owner : this.#ownerWithin(common);
  }

  /**
   * Gives a prefix to `owner`, and takes it from whoever had it.
   *
   * @param prefix of this family; host bits are ignored
   * @param owner a whole number from 0 to 2^31 - 1
   * @returns who had it, or {@link NO_OWNER}
   */
  insert(prefix: IpPrefix, owner: number): number {
    const { node, parent, bits } = this.#find(prefix);
    if (node !== NONE) {
      const before = this.#nodes[node + OWNER]!;
      this.#nodes[node + OWNER] = owner;
      return before;
    }
    this.#attach(this.#allocate(bits, owner), parent);
    return NO_OWNER;
  }

  /** Takes a prefix out. @returns whose it was, or {@link NO_OWNER} when it was not there */
  remove(prefix: IpPrefix): number {
    const { node, parent, grandparent } = this.#find(prefix);
    const owner = node === NONE ? NO_OWNER : this.#nodes[node + OWNER]!;
    if (owner === NO_OWNER) return NO_OWNER;
    this.#nodes[node + OWNER] = NO_OWNER;
    this.#collapse(node, parent);
    if (parent !== NONE && this.#nodes[parent + OWNER] === NO_OWNER) {
      this.#collapse(parent, grandparent);
    }
    return owner;
  }

  /** The node furthest down to which the bits of the key lead, whatever lies between those bits. */
  #furthest(): number {
    const nodes = this.#nodes;
    let node = this.#root;
    let at = 0;
    let word = this.#key[0]!;
    for (let next = node; next !== NONE; ) {
      node = next;
      const bits = nodes[node]!;
      if (bits >>> 5 !== at) {
        at = bits >>> 5;
        word = this.#key[at]!;
      }
      // Bit 31 - bits of the word: a shift takes its count modulo 32.
      next = nodes[node + LEFT + ((word >>> ~bits) & 1)]!;
    }
    return node;
  }

  /** The owner of the longest prefix of the key among those of up to `most` bits on its way. */
  #ownerWithin(most: number): number {
    const nodes = this.#nodes;
    let best: number = NO_OWNER;
    for (let node = this.#root; node !== NONE; ) {
      const bits = nodes[node]!;
      if (bits > most) break;
      if (nodes[node + OWNER] !== NO_OWNER) best = nodes[node + OWNER]!;
      node = nodes[node + this.#side(bits)]!;
    }
    return best;
  }

  #load(bytes: Uint8Array, offset: number): void {
    const key = this.#key;
    key[0] = word(bytes, offset);
    if (this.#addressBytes === 4) return;
    key[1] = word(bytes, offset + 4);
    key[2] = word(bytes, offset + 8);
    key[3] = word(bytes, offset + 12);
  }

  /** Goes down to the node of a prefix and leaves the prefix in the key. */
  #find(prefix: IpPrefix): Found {
    const { bits, address } = prefix.network;
    this.#load(address, 0);
    let grandparent: number = NONE;
    let parent: number = NONE;
    let node = this.#root;
    while (node !== NONE) {
      const own = this.#nodes[node]!;
      if (own > bits || this.#commonBits(node, own) < own) break;
      if (own === bits) return { node, parent, grandparent, bits };
      grandparent = parent;
      parent = node;
      node = this.#nodes[node + this.#side(own)]!;
    }
    return { node: NONE, parent, grandparent, bits };
  }

  /** Hangs a new node below `parent`, above or beside what is there. */
  #attach(node: number, parent: number): void {
    const below = parent === NONE ? this.#root : this.#child(parent);
    if (below === NONE) {
      this.#link(parent, node);
      return;
    }
    const bits = this.#nodes[node]!;
    const common = this.#commonBits(below, Math.min(bits, this.#nodes[below]!));
    if (common === bits) {
      this.#link(parent, node);
      this.#nodes[node + this.#sideOf(below, bits)] = below;
      return;
    }
    const fork = this.#allocate(common, NO_OWNER);
    this.#link(parent, fork);
    this.#nodes[fork + this.#side(common)] = node;
    this.#nodes[fork + this.#sideOf(below, common)] = below;
  }

  /** Takes a node without an owner out, unless it is where two ways part. */
  #collapse(node: number, parent: number): void {
    const left = this.#nodes[node + LEFT]!;
    const right = this.#nodes[node + RIGHT]!;
    if (left !== NONE && right !== NONE) return;
    this.#link(parent, left === NONE ? right : left);
    this.#nodes[node + LEFT] = this.#free;
    this.#free = node;
  }

  /** Makes `node` the child of `parent` on the side of the key. */
  #link(parent: number, node: number): void {
    if (parent === NONE) this.#root = node;
    else this.#nodes[parent + this.#side(this.#nodes[parent]!)] = node;
  }

  #child(parent: number): number {
    return this.#nodes[parent + this.#side(this.#nodes[parent]!)]!;
  }

  /** {@link LEFT} or {@link RIGHT}, by the key's bit at `index`. */
  #side(index: number): number {
    return LEFT + ((this.#key[index >>> 5]! >>> (31 - (index & 31))) & 1);
  }

  #sideOf(node: number, index: number): number {
    return LEFT + ((this.#keys[this.#keyAt(node) + (index >>> 5)]! >>> (31 - (index & 31))) & 1);
  }

  /** How many bits the key and a node share at the start, up to `most`. */
  #commonBits(node: number, most: number): number {
    const at = this.#keyAt(node);
    for (let i = 0; 32 * i < most; i++) {
      const differing = this.#key[i]! ^ this.#keys[at + i]!;
      if (differing !== 0) return Math.min(most, 32 * i + Math.clz32(differing));
    }
    return most;
  }

  /** A node with the key of now. */
  #allocate(bits: number, owner: number): number {
    let node = this.#free;
    if (node !== NONE) {
      this.#free = this.#nodes[node + LEFT]!;
    } else {
      node = this.#end;
      this.#end += NODE_WORDS;
      if (this.#end > this.#nodes.length) this.#grow();
    }
    const at = this.#keyAt(node);
    for (let i = 0; i < this.#addressBytes >>> 2; i++) {
      this.#keys[at + i] = this.#key[i]! & mask(bits - 32 * i);
    }
    this.#nodes[node] = bits;
    this.#nodes[node + OWNER] = owner;
    this.#nodes[node + LEFT] = NONE;
    this.#nodes[node + RIGHT] = NONE;
    return node;
  }

  #grow(): void {
    this.#nodes = doubled(this.#nodes);
    this.#keys = doubled(this.#keys);
  }

  #keyAt(node: number): number {
    return (node * this.#addressBytes) >>> 4;
  }
}

/** Where a prefix is, or where it would hang: below `parent`. */
interface Found {
  readonly node: number;
  readonly parent: number;
  readonly grandparent: number;
  readonly bits: number;
}

/** No node. */
const NONE = 0;
const FIRST_NODES = 64;

// A node: the bits of its prefix, then these.
const OWNER = 1;
const LEFT = 2;
const RIGHT = 3;
const NODE_WORDS = 4;

function word(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! << 24) |
    (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!
  );
}

/** The first `bits` bits of a word; up to 0 none, from 32 all. */
function mask(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function doubled(words: Int32Array): Int32Array {
  const more = new Int32Array(2 * words.length);
  more.set(words);
  return more;
}
