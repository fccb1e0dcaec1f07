import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GAP_MEMORY,
  genesis,
  MAX_PENDING_LEAVES,
  ReceiveChain,
  SendChain,
} from '../../src/chain/lane-chain.js';
import { concat, hex, u32be } from '../../src/crypto/bytes.js';
import { crypto } from './node-crypto.js';
import { bytes32 } from './recorded-session.js';

const start = genesis(crypto, bytes32(1), 0, 1);

function leafFor(n: number, variant = 0): Uint8Array {
  return crypto.sha256(u32be(n * 16 + variant));
}

/** The links of SPEC 8.2, one after the other. */
function naiveLinks(count: number): Uint8Array[] {
  const links = [start];
  for (let n = 0; n < count; n++) {
    links.push(crypto.sha256(concat(Uint8Array.of(1), links[n]!, leafFor(n))));
  }
  return links;
}

describe('the chain that is sent', () => {
  it('links leaf after leaf', () => {
    const chain = new SendChain(crypto, start);
    for (const [n, link] of naiveLinks(20).entries()) {
      expect(chain.through).toBe(n);
      expect(hex(chain.link)).toBe(hex(link));
      chain.append(leafFor(n));
    }
  });

  it('gives links that do not change later', () => {
    const chain = new SendChain(crypto, start);
    const { link } = chain;
    chain.append(leafFor(0));
    expect(hex(link)).toBe(hex(start));
  });
});

describe('the chain that is received', () => {
  it('has the links of the sender, in whatever order messages and GAPs come', () => {
    const order = fc
      .integer({ min: 1, max: 150 })
      .chain((count) =>
        fc.tuple(
          fc.shuffledSubarray([...Array(count).keys()], { minLength: count }),
          fc.array(fc.boolean(), { minLength: count, maxLength: count }),
          fc.array(fc.nat(2 * count), { maxLength: 40 }),
        ),
      );
    const property = fc.property(order, ([numbers, gaps, asks]) => {
      const links = naiveLinks(numbers.length);
      const chain = new ReceiveChain(crypto, start);
      const known = new Set<number>();
      for (const n of numbers) {
        const verdict = gaps[n] ? chain.addGap(n, leafFor(n)) : chain.addLeaf(n, leafFor(n));
        expect(verdict).toBe('ok');
        known.add(n);
        let through = 0;
        while (known.has(through)) through++;
        expect(chain.through).toBe(through);
        expect(chain.highest).toBe(Math.max(...known) + 1);
        const ask = asks.pop();
        if (ask === undefined) continue;
        expect(chain.canReach(ask)).toBe(ask <= through);
        if (ask < chain.linked || ask > through) continue;
        expect(hex(chain.advanceTo(ask))).toBe(hex(links[ask]!));
        expect(chain.linked).toBe(ask);
      }
      expect(hex(chain.advanceTo(numbers.length))).toBe(hex(links.at(-1)!));
      expect(hex(chain.link)).toBe(hex(links.at(-1)!));
    });
    fc.assert(property, { numRuns: 100 });
  });

  it('knows a leaf that comes again and refuses another one of its number', () => {
    const chain = new ReceiveChain(crypto, start);
    chain.addLeaf(3, leafFor(3));
    expect(chain.addLeaf(3, leafFor(3))).toBe('known');
    expect(chain.addGap(3, leafFor(3))).toBe('known');
    expect(chain.addLeaf(3, leafFor(3, 1))).toBe('conflict');
    expect(chain.addGap(3, leafFor(3, 1))).toBe('conflict');
  });

  it('holds a message that comes after its GAP to the leaf of that GAP', () => {
    for (const linked of [0, 1, 2]) {
      const chain = new ReceiveChain(crypto, start);
      chain.addGap(0, leafFor(0));
      chain.addLeaf(1, leafFor(1));
      chain.advanceTo(linked);
      expect(chain.addLeaf(0, leafFor(0, 1))).toBe('conflict');
      expect(chain.addLeaf(0, leafFor(0))).toBe('known');
    }
  });

  it('remembers the leaves of GAPs for 8,192 numbers behind the link', () => {
    const chain = new ReceiveChain(crypto, start);
    for (let n = 0; n <= GAP_MEMORY; n++) {
      if (n < 2) chain.addGap(n, leafFor(n));
      else chain.addLeaf(n, leafFor(n));
    }
    chain.advanceTo(GAP_MEMORY);
    expect(chain.addLeaf(0, leafFor(0))).toBe('known');
    chain.advanceTo(GAP_MEMORY + 1);
    expect(chain.addLeaf(0, leafFor(0))).toBe('conflict');
    expect(chain.addLeaf(1, leafFor(1))).toBe('known');
  });

  it('takes a GAP for a message that arrived and is linked as nothing new', () => {
    const chain = new ReceiveChain(crypto, start);
    chain.addLeaf(0, leafFor(0));
    chain.advanceTo(1);
    expect(chain.addGap(0, leafFor(0))).toBe('known');
  });

  it('forgets that a GAP was there once the message has come before the link', () => {
    const chain = new ReceiveChain(crypto, start);
    chain.addGap(0, leafFor(0));
    chain.addLeaf(0, leafFor(0));
    chain.advanceTo(1);
    expect(chain.addLeaf(0, leafFor(0))).toBe('conflict');
  });

  it('refuses numbers too far ahead', () => {
    const chain = new ReceiveChain(crypto, start);
    expect(chain.addLeaf(MAX_PENDING_LEAVES, leafFor(1))).toBe('conflict');
    expect(chain.addLeaf(MAX_PENDING_LEAVES - 1, leafFor(1))).toBe('ok');
    chain.addLeaf(0, leafFor(0));
    chain.advanceTo(1);
    expect(chain.addLeaf(MAX_PENDING_LEAVES, leafFor(1))).toBe('ok');
  });

  it('does not link backwards or beyond a hole', () => {
    const chain = new ReceiveChain(crypto, start);
    for (const n of [0, 1, 3]) chain.addLeaf(n, leafFor(n));
    const refusal = expect.objectContaining({ code: 'ChainValidationFailed' });
    expect(() => chain.advanceTo(3)).toThrow(refusal);
    chain.advanceTo(2);
    expect(() => chain.advanceTo(1)).toThrow(refusal);
    expect(hex(chain.advanceTo(2))).toBe(hex(naiveLinks(2)[2]!));
  });
});
