import { expect, test } from 'vitest';
import { createNobleProvider } from '../../src/crypto/noble.js';
import { createSeededProvider } from '../../src/crypto/seeded.js';
import { describeProvider } from './provider-suite.js';

const base = createNobleProvider(() => {
  throw new Error('a seeded provider must not ask for real random bytes');
});
const draw = (seed: number, sizes: readonly number[]): string => {
  const provider = createSeededProvider(base, seed);
  return sizes
    .flatMap((size) => {
      const out = new Uint8Array(size);
      provider.randomBytes(out);
      return [...out];
    })
    .join();
};

describeProvider(createSeededProvider(base, 1));

test('the same seed gives the same bytes, however they are asked for', () => {
  expect(draw(7, [200])).toBe(draw(7, [1, 63, 64, 65, 7]));
});

test('seeds that differ in one bit give other bytes', () => {
  const seeds = [0, 1, 2, 3, 2 ** 32, 2 ** 52];
  expect(new Set(seeds.map((seed) => draw(seed, [32]))).size).toBe(seeds.length);
});

test('it says that it is insecure, so that real drivers can refuse it', () => {
  const provider = createSeededProvider(base, 1);
  expect([provider.insecure, provider.name]).toEqual([true, 'seeded noble']);
});
