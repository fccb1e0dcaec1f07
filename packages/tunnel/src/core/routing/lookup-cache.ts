import type { PrefixTrie } from './prefix-trie.js';

/**
 * Remembers the answers of a trie for the addresses asked for last. Packets come in trains, and a
 * train needs one walk through the trie.
 */
export class LookupCache {
  readonly #trie: PrefixTrie;
  readonly #addressWords: number;
  /** The addresses, {@link SLOTS} of them. */
  readonly #keys: Int32Array;
  readonly #owners: Int32Array = new Int32Array(SLOTS).fill(EMPTY);

  /** @param addressBytes as the trie has it */
  constructor(trie: PrefixTrie, addressBytes: 4 | 16) {
    this.#trie = trie;
    this.#addressWords = addressBytes >>> 2;
    this.#keys = new Int32Array(SLOTS * this.#addressWords);
  }

  /** As {@link PrefixTrie.lookup}. */
  lookup(bytes: Uint8Array, offset: number): number {
    const words = this.#addressWords;
    let mixed = 0;
    for (let i = 0; i < words; i++) {
      mixed = Math.imul(mixed ^ word(bytes, offset + 4 * i), SPREAD);
    }
    const slot = mixed >>> SLOT_SHIFT;
    const keys = this.#keys;
    const at = slot * words;
    let isSame = this.#owners[slot] !== EMPTY;
    for (let i = 0; isSame && i < words; i++) isSame = keys[at + i] === word(bytes, offset + 4 * i);
    if (isSame) return this.#owners[slot]!;
    for (let i = 0; i < words; i++) keys[at + i] = word(bytes, offset + 4 * i);
    const owner = this.#trie.lookup(bytes, offset);
    this.#owners[slot] = owner;
    return owner;
  }

  /** Forgets everything: to be called whenever the trie was changed. */
  clear(): void {
    this.#owners.fill(EMPTY);
  }
}

/** 2,048 answers: many more than addresses are busy at once on most servers, and 40 KB at most. */
const SLOT_BITS = 11;
const SLOTS: number = 2 ** SLOT_BITS;
const SLOT_SHIFT: number = 32 - SLOT_BITS;
/** An odd number near 2^32 divided by the golden ratio: neighbours end up far from each other. */
const SPREAD = 0x9e3779b1;
/** Not an owner, and not the absence of one either. */
const EMPTY = -2;

function word(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! << 24) |
    (bytes[offset + 1]! << 16) |
    (bytes[offset + 2]! << 8) |
    bytes[offset + 3]!
  );
}
