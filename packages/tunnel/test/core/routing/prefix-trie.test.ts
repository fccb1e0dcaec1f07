import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';
import { NO_OWNER, PrefixTrie } from '../../../src/core/routing/prefix-trie.js';

/** The same by looking at each prefix. */
class NaiveTable {
  readonly #owners = new Map<string, { prefix: IpPrefix; owner: number }>();

  insert(prefix: IpPrefix, owner: number): number {
    const before = this.remove(prefix);
    this.#owners.set(String(prefix), { prefix, owner });
    return before;
  }

  remove(prefix: IpPrefix): number {
    const name = String(prefix);
    const before = this.#owners.get(name)?.owner ?? NO_OWNER;
    this.#owners.delete(name);
    return before;
  }

  lookup(address: Uint8Array): number {
    let best: { prefix: IpPrefix; owner: number } | undefined;
    for (const one of this.#owners.values()) {
      if (!contains(one.prefix, address)) continue;
      if (best === undefined || one.prefix.bits > best.prefix.bits) best = one;
    }
    return best?.owner ?? NO_OWNER;
  }
}

function contains({ address, bits }: IpPrefix, other: Uint8Array): boolean {
  for (let i = 0; i < bits; i++) {
    const bit = 0x80 >> (i & 7);
    if ((address[i >> 3]! & bit) !== (other[i >> 3]! & bit)) return false;
  }
  return true;
}

/** Few values, so that prefixes lie in each other, and addresses in them. */
function addressOf(addressBytes: number) {
  const byte = fc.oneof(fc.constantFrom(0, 128, 255, 1), fc.nat(255));
  return fc.array(byte, { minLength: addressBytes, maxLength: addressBytes }).map((bytes) => {
    return Uint8Array.from(bytes);
  });
}

function prefixOf(addressBytes: number) {
  return fc
    .record({ address: addressOf(addressBytes), bits: fc.nat(8 * addressBytes) })
    .map(({ address, bits }) => {
      const cleared = address.map((byte, i) => {
        return bits >= 8 * (i + 1) ? byte : bits <= 8 * i ? 0 : byte & (0xff00 >> (bits - 8 * i));
      });
      return new IpPrefix(cleared, bits);
    });
}

const insert = (prefix: string, owner: number, trie: PrefixTrie) =>
  trie.insert(IpPrefix.parse(prefix).network, owner);
const lookup = (address: string, trie: PrefixTrie) =>
  trie.lookup(IpPrefix.parse(address).network.address, 0);

describe.each([4, 16] as const)('a trie of addresses of %i bytes', (addressBytes) => {
  it('answers as a list of all prefixes does, whatever was inserted and removed', () => {
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ prefix: prefixOf(addressBytes), owner: fc.nat(5) }) },
      {
        weight: 1,
        arbitrary: fc.record({ prefix: prefixOf(addressBytes), owner: fc.constant(-1) }),
      },
      { weight: 1, arbitrary: fc.record({ nth: fc.nat(40) }) },
    );
    const script = fc.record({
      steps: fc.array(step, { minLength: 1, maxLength: 40 }),
      asked: fc.array(addressOf(addressBytes), { minLength: 50, maxLength: 50 }),
    });
    fc.assert(
      fc.property(script, ({ steps, asked }) => {
        const trie = new PrefixTrie(addressBytes);
        const naive = new NaiveTable();
        const seen: IpPrefix[] = [];
        for (const one of steps) {
          // One that was there is taken out, or else one that most likely was not.
          const prefix = 'nth' in one ? seen[one.nth % Math.max(seen.length, 1)] : one.prefix;
          if (prefix === undefined) continue;
          seen.push(prefix);
          if ('nth' in one || one.owner === -1) {
            expect(trie.remove(prefix)).toBe(naive.remove(prefix));
          } else {
            expect(trie.insert(prefix, one.owner)).toBe(naive.insert(prefix, one.owner));
          }
        }
        for (const address of [...asked, ...seen.map((prefix) => prefix.address)]) {
          if (trie.lookup(address, 0) !== naive.lookup(address)) {
            expect(trie.lookup(address, 0)).toBe(naive.lookup(address));
          }
        }
        for (const prefix of seen) expect(trie.remove(prefix)).toBe(naive.remove(prefix));
        for (const { address } of seen) expect(trie.lookup(address, 0)).toBe(NO_OWNER);
      }),
      // 50 addresses each: 10^5 lookups and more for the two families.
      { numRuns: 1_000 },
    );
  });

  it('finds each of all lengths of one address, the longest first', () => {
    const address = new Uint8Array(addressBytes).fill(0xa5);
    const trie = new PrefixTrie(addressBytes);
    for (let bits = 0; bits <= 8 * addressBytes; bits++) {
      trie.insert(new IpPrefix(address, bits), bits);
      expect(trie.lookup(address, 0)).toBe(bits);
    }
    for (let bits = 8 * addressBytes; bits >= 0; bits--) {
      expect(trie.lookup(address, 0)).toBe(bits);
      expect(trie.remove(new IpPrefix(address, bits))).toBe(bits);
    }
    expect(trie.lookup(address, 0)).toBe(NO_OWNER);
  });
});

describe('a trie', () => {
  it('reads addresses in the middle of a packet', () => {
    const trie = new PrefixTrie(4);
    insert('10.8.0.0/24', 7, trie);
    expect(trie.lookup(Uint8Array.of(9, 9, 9, 10, 8, 0, 77, 9), 3)).toBe(7);
  });

  it('tells whose a prefix was that is given to another', () => {
    const trie = new PrefixTrie(16);
    expect(insert('fd00::/64', 1, trie)).toBe(NO_OWNER);
    expect(insert('fd00::5/64', 2, trie)).toBe(1);
    expect(lookup('fd00::9', trie)).toBe(2);
  });

  it('knows exactly one prefix from those around it', () => {
    const trie = new PrefixTrie(4);
    insert('10.0.0.0/8', 1, trie);
    insert('10.1.0.0/16', 2, trie);
    insert('10.2.0.0/16', 3, trie);
    const removed = ['10.0.0.0/14', '10.1.1.0/24', '10.1.0.0/16', '10.0.0.0/8'].map((text) =>
      trie.remove(IpPrefix.parse(text).network),
    );
    expect(removed).toEqual([NO_OWNER, NO_OWNER, 2, 1]);
    expect(lookup('10.2.0.1', trie)).toBe(3);
  });

  it('uses the room of removed prefixes again and keeps its answers as it grows', () => {
    const trie = new PrefixTrie(4);
    const prefix = (i: number) => new IpPrefix(Uint8Array.of(10, i >> 16, i >> 8, i), 32);
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 5_000; i++) trie.insert(prefix(i), i);
      for (let i = 0; i < 5_000; i++) expect(trie.lookup(prefix(i).address, 0)).toBe(i);
      for (let i = 0; i < 5_000; i++) expect(trie.remove(prefix(i))).toBe(i);
      for (let i = 0; i < 5_000; i++) expect(trie.lookup(prefix(i).address, 0)).toBe(NO_OWNER);
    }
  });
});
