import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LeafRing } from '../../src/chain/leaf-ring.js';
import { hex } from '../../src/crypto/bytes.js';

const MAX = 256;

function leafFor(n: number, variant = 0): Uint8Array {
  return new Uint8Array(32).fill((n * 7 + variant) % 251);
}

describe('a ring of leaves', () => {
  it('behaves like a map over a moving range', () => {
    const put = fc.record({ put: fc.nat(400), mark: fc.integer({ min: 1, max: 7 }) });
    const drop = fc.record({ drop: fc.nat(60) });
    const property = fc.property(
      fc.array(fc.oneof(put, drop), { maxLength: 200 }),
      fc.constantFrom(0, 2 ** 32 - 100, 2 ** 40),
      (steps, start) => {
        const ring = new LeafRing(MAX);
        ring.dropBelow(start);
        const twin = new Map<number, { leaf: string; mark: number }>();
        let floor = start;
        for (const step of steps) {
          if ('drop' in step) {
            floor += step.drop;
            ring.dropBelow(floor);
            for (const n of twin.keys()) if (n < floor) twin.delete(n);
          } else {
            const n = floor - 40 + step.put;
            const fits = n >= floor && n < floor + MAX;
            expect(ring.put(n, leafFor(n, step.mark), step.mark)).toBe(fits);
            if (fits) twin.set(n, { leaf: hex(leafFor(n, step.mark)), mark: step.mark });
          }
          expect(ring.floor).toBe(floor);
        }
        for (let n = floor - 2; n < floor + MAX + 2; n++) {
          const known = twin.get(n);
          expect(ring.mark(n)).toBe(known?.mark ?? 0);
          if (known === undefined) continue;
          expect(hex(ring.leaf(n))).toBe(known.leaf);
          expect(ring.equals(n, leafFor(n, known.mark))).toBe(true);
          expect(ring.equals(n, leafFor(n + 1, known.mark))).toBe(false);
        }
      },
    );
    fc.assert(property, { numRuns: 100 });
  });

  it('does not go back', () => {
    const ring = new LeafRing(MAX);
    ring.dropBelow(100);
    ring.put(120, leafFor(120), 1);
    ring.dropBelow(50);
    expect(ring.floor).toBe(100);
    expect(ring.mark(120)).toBe(1);
  });
});
