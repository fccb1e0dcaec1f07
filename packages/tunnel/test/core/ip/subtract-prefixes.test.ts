import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';
import { subtractPrefixes } from '../../../src/core/ip/subtract-prefixes.js';

function subtract(from: readonly string[], without: readonly string[]): string[] {
  const parse = (texts: readonly string[]) => texts.map((text) => IpPrefix.parse(text));
  return subtractPrefixes(parse(from), parse(without)).map(String);
}

describe('subtractPrefixes', () => {
  it('leaves what nothing is taken from', () => {
    expect(subtract(['10.0.0.0/8', 'fd00::/8'], [])).toEqual(['10.0.0.0/8', 'fd00::/8']);
    expect(subtract(['10.0.0.0/8'], ['11.0.0.0/8', '::/0'])).toEqual(['10.0.0.0/8']);
  });

  it('leaves nothing of what is taken whole', () => {
    expect(subtract(['10.1.0.0/16', '10.0.0.0/8'], ['10.0.0.0/8'])).toEqual([]);
    expect(subtract(['::/0'], ['::/0'])).toEqual([]);
  });

  it('cuts around a part with as few networks as there can be', () => {
    expect(subtract(['10.0.0.0/8'], ['10.128.0.0/10'])).toEqual(['10.0.0.0/9', '10.192.0.0/10']);
    expect(subtract(['0.0.0.0/0'], ['1.2.3.4'])).toHaveLength(32);
    expect(subtract(['::/0'], ['2001:db8::1'])).toHaveLength(128);
  });

  it('does not mind bits behind the network', () => {
    expect(subtract(['10.9.9.9/8'], ['10.200.1.1/9'])).toEqual(['10.0.0.0/9']);
  });

  it('covers exactly the addresses that were not taken', () => {
    const prefix = fc
      .tuple(fc.nat(255), fc.integer({ min: 24, max: 32 }))
      .map(([last, bits]) => new IpPrefix(Uint8Array.from([10, 0, 0, last]), bits));
    const some = fc.array(prefix, { maxLength: 4 });
    fc.assert(
      fc.property(prefix, some, (from, without) => {
        const left = subtractPrefixes([from], without);
        for (let last = 0; last < 256; last++) {
          const address = Uint8Array.from([10, 0, 0, last]);
          const isLeft = from.contains(address) && !without.some((hole) => hole.contains(address));
          expect(left.filter((one) => one.contains(address))).toHaveLength(isLeft ? 1 : 0);
        }
      }),
    );
  });
});
