import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LaneLeaves } from '../../src/chain/lane-leaves.js';
import { LeafHasher, LeafSalts, leafOf } from '../../src/chain/leaf.js';
import { hex } from '../../src/crypto/bytes.js';
import { crypto } from './node-crypto.js';
import { bytes32 } from './recorded-session.js';

const SALT = new Uint8Array(16).fill(5);
const exporter = bytes32(0x66);

describe('a leaf', () => {
  it('is the same in one call and in any pieces', () => {
    const property = fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.array(fc.nat(300), { maxLength: 5 }),
      fc.nat(400),
      (payload, cuts, scratchBytes) => {
        const scratch = new Uint8Array(scratchBytes);
        const whole = leafOf(crypto, scratch, 1, 513, 70_000, SALT, payload);
        const head = { lane: 1, kind: 513, n: 70_000, length: payload.length, salt: SALT } as const;
        const hasher = new LeafHasher(crypto, head);
        const bounds = [0, ...cuts.sort((a, b) => a - b), payload.length];
        for (let i = 1; i < bounds.length; i++) {
          hasher.update(payload.subarray(bounds[i - 1], bounds[i]));
        }
        expect(hex(hasher.digest())).toBe(hex(whole));
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('differs when lane, kind, number, salt, length or payload does', () => {
    const scratch = new Uint8Array(100);
    const leaves = [
      leafOf(crypto, scratch, 0, 1, 2, SALT, Uint8Array.of(3)),
      leafOf(crypto, scratch, 1, 1, 2, SALT, Uint8Array.of(3)),
      leafOf(crypto, scratch, 0, 256, 2, SALT, Uint8Array.of(3)),
      leafOf(crypto, scratch, 0, 1, 2 ** 32 + 2, SALT, Uint8Array.of(3)),
      leafOf(crypto, scratch, 0, 1, 2, new Uint8Array(16), Uint8Array.of(3)),
      leafOf(crypto, scratch, 0, 1, 2, SALT, Uint8Array.of(3, 0)),
      leafOf(crypto, scratch, 0, 1, 2, SALT, Uint8Array.of(4)),
    ];
    expect(new Set(leaves.map(hex)).size).toBe(leaves.length);
  });

  it('is refused when the pieces are more or less than the length announced', () => {
    for (const length of [2, 4]) {
      const hasher = new LeafHasher(crypto, { lane: 0, kind: 0, n: 0, length, salt: SALT });
      hasher.update(Uint8Array.of(1, 2, 3));
      expect(() => hasher.digest()).toThrow(
        expect.objectContaining({ code: 'ChainValidationFailed' }),
      );
    }
  });
});

describe('the leaves of a lane', () => {
  const leaves = new LaneLeaves({ crypto, exporter, direction: 1, lane: 1 });
  const salts = new LeafSalts(crypto, exporter, 1, 1);

  it.each([0, 1, 2_000, 2_048, 5_000, 65_536, 65_537, 200_000, 10])(
    'are salted: %i bytes',
    (size) => {
      const payload = new Uint8Array(size).fill(size);
      const salt = new Uint8Array(16);
      salts.salt(size, salt, 0);
      const expected = leafOf(crypto, new Uint8Array(0), 1, 9, size, salt, payload);
      expect(hex(leaves.leaf(9, size, payload))).toBe(hex(expected));
      expect(hex(leaves.salt(size))).toBe(hex(salt));
      const hasher = leaves.hasher(9, size, size);
      hasher.update(payload);
      expect(hex(hasher.digest())).toBe(hex(expected));
    },
  );

  it('are different for equal messages', () => {
    const payload = Uint8Array.of(1);
    expect(new Set([0, 1, 2, 3, 4].map((n) => hex(leaves.leaf(0, n, payload)))).size).toBe(5);
  });

  it('are different in another lane and direction', () => {
    const payload = Uint8Array.of(1);
    const all = ([0, 1] as const).flatMap((direction) =>
      ([0, 1] as const).map((lane) => new LaneLeaves({ crypto, exporter, direction, lane })),
    );
    expect(new Set(all.map((each) => hex(each.salt(0)))).size).toBe(4);
    expect(new Set(all.map((each) => hex(each.leaf(0, 0, payload)))).size).toBe(4);
  });

  it('own their bytes', () => {
    const first = leaves.leaf(0, 0, Uint8Array.of(1));
    const before = hex(first);
    leaves.leaf(0, 1, Uint8Array.of(2));
    expect(hex(first)).toBe(before);
  });
});
