import { describe, expect, it } from 'vitest';
import { DROP, PacketFates } from '../../src/demo/packet-fates.js';

const BASE = { lossShare: 0.02, heldShare: 0.05, maxDelayMs: 2, seed: 4711 };

function fates(count: number, options: Partial<typeof BASE> = {}): number[] {
  const source = new PacketFates({ ...BASE, ...options });
  return Array.from({ length: count }, () => source.next());
}

describe('the fates of packets', () => {
  it('are the same for the same seed, and others for another', () => {
    expect(fates(1_000)).toEqual(fates(1_000));
    expect(fates(1_000)).not.toEqual(fates(1_000, { seed: 4712 }));
  });

  it.each([0, 1, 4711, 2 ** 31, 2 ** 32 - 1])('have the shares asked for, by seed %d', (seed) => {
    const all = fates(200_000, { seed });
    const lost = all.filter((fate) => fate === DROP).length;
    const held = all.filter((fate) => fate > 0).length;
    // Five standard deviations.
    expect(Math.abs(lost - 4_000)).toBeLessThan(5 * Math.sqrt(4_000));
    expect(Math.abs(held - 9_800)).toBeLessThan(5 * Math.sqrt(9_800));
  });

  it('spread delays over the whole range and never beyond', () => {
    const delays = fates(100_000).filter((fate) => fate > 0);
    expect(Math.max(...delays)).toBeLessThan(2);
    expect(Math.max(...delays)).toBeGreaterThan(1.99);
    expect(Math.min(...delays)).toBeLessThan(0.01);
    const mean = delays.reduce((sum, each) => sum + each, 0) / delays.length;
    expect(mean).toBeGreaterThan(0.95);
    expect(mean).toBeLessThan(1.05);
  });

  it('can spare all, and none', () => {
    expect(new Set(fates(1_000, { lossShare: 0, heldShare: 0 }))).toEqual(new Set([0]));
    expect(new Set(fates(1_000, { lossShare: 1 }))).toEqual(new Set([DROP]));
  });

  it('of a packet do not depend on the shares for other packets', () => {
    const spared = fates(1_000, { heldShare: 0 });
    const held = fates(1_000, { heldShare: 1 });
    expect(held.map((fate) => fate === DROP)).toEqual(spared.map((fate) => fate === DROP));
  });
});
