import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';
import { LookupCache } from '../../../src/core/routing/lookup-cache.js';
import { NO_OWNER, PrefixTrie } from '../../../src/core/routing/prefix-trie.js';

describe.each([4, 16] as const)('a cache of answers for %i bytes', (addressBytes) => {
  it('answers as the trie does', () => {
    const trie = new PrefixTrie(addressBytes);
    for (let bits = 0; bits < 30; bits += 3) {
      trie.insert(new IpPrefix(new Uint8Array(addressBytes), bits), bits);
    }
    const cache = new LookupCache(trie, addressBytes);
    const addresses = fc.array(fc.constantFrom(0, 1, 2, 3, 64, 255), {
      minLength: addressBytes,
      maxLength: addressBytes,
    });
    fc.assert(
      fc.property(addresses, (bytes) => {
        const packet = Uint8Array.of(1, ...bytes);
        expect(cache.lookup(packet, 1)).toBe(trie.lookup(packet, 1));
        expect(cache.lookup(packet, 1)).toBe(trie.lookup(packet, 1));
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('a cache of answers', () => {
  it('remembers until it is cleared, also that nobody was found', () => {
    const trie = new PrefixTrie(4);
    const cache = new LookupCache(trie, 4);
    const address = parseIp('10.8.0.2')!;
    expect(cache.lookup(address, 0)).toBe(NO_OWNER);
    trie.insert(IpPrefix.parse('10.8.0.0/24').network, 3);
    expect(cache.lookup(address, 0)).toBe(NO_OWNER);
    cache.clear();
    expect(cache.lookup(address, 0)).toBe(3);
  });

  it('does not take the empty place of the address 0.0.0.0 for an answer', () => {
    const trie = new PrefixTrie(4);
    trie.insert(IpPrefix.parse('0.0.0.0/0').network, 4);
    expect(new LookupCache(trie, 4).lookup(new Uint8Array(4), 0)).toBe(4);
  });
});
