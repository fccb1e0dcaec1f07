import { expect, test, vi } from 'vitest';
import { chooseProvider } from '../../src/node/crypto/choose.js';
import { measureSignatureCosts } from '../../src/signature-costs.js';

test('measures a provider once, and gives positive costs', () => {
  const real = chooseProvider();
  let verified = 0;
  const counting = {
    ...real,
    verify: (publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array) => {
      verified++;
      return real.verify(publicKey, message, signature);
    },
  };
  const costs = measureSignatureCosts(counting);
  expect(costs.signMicros).toBeGreaterThan(0);
  expect(costs.verifyMicros).toBeGreaterThan(0);

  const first = verified;
  expect(first).toBeGreaterThan(4);
  expect(measureSignatureCosts(counting)).toBe(costs);
  expect(verified).toBe(first);
});

test('measures a signature that verifies, not a refusal', () => {
  const real = chooseProvider();
  const verdicts = new Set<boolean>();
  measureSignatureCosts({
    ...real,
    verify: (publicKey, message, signature) => {
      const verdict = real.verify(publicKey, message, signature);
      verdicts.add(verdict);
      return verdict;
    },
  });
  expect([...verdicts]).toEqual([true]);
});

test('comes to an end under a clock that stands still', () => {
  const real = chooseProvider();
  vi.useFakeTimers({ toFake: ['performance'] });
  try {
    expect(measureSignatureCosts({ ...real })).toEqual({ signMicros: 0, verifyMicros: 0 });
  } finally {
    vi.useRealTimers();
  }
});
