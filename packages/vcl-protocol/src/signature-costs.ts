import type { CryptoProvider } from '@vcl-protocol/core';

/** What one signature costs this machine, in microseconds of processor time. */
export interface SignatureCosts {
  readonly signMicros: number;
  readonly verifyMicros: number;
}

/** Enough for a provider that prepares for a key it sees often, as a session's peer key is. */
const WARM_UP_ROUNDS = 16;
const MIN_ROUNDS = 5;
/** For a clock that stands still, as under a test's fake timers. */
const MAX_ROUNDS = 1_000;
const BUDGET_MS = 2;

const measured = new WeakMap<CryptoProvider, SignatureCosts>();

/**
 * Measures signing and verifying for the signature budget (SPEC 8.4). Takes a few milliseconds the
 * first time it sees a provider and nothing afterwards.
 */
export function measureSignatureCosts(provider: CryptoProvider): SignatureCosts {
  const known = measured.get(provider);
  if (known !== undefined) return known;
  const signer = provider.createSigner(new Uint8Array(32).fill(1));
  const message = new Uint8Array(256);
  const signature = signer.sign(message);
  const costs = {
    signMicros: medianMicros(() => signer.sign(message)),
    verifyMicros: medianMicros(() => provider.verify(signer.publicKey, message, signature)),
  };
  signer.wipe();
  measured.set(provider, costs);
  return costs;
}

/** The median, because a pause of the collector or the scheduler must not set the budget. */
function medianMicros(operation: () => void): number {
  for (let round = 0; round < WARM_UP_ROUNDS; round++) operation();
  const micros: number[] = [];
  const deadline = performance.now() + BUDGET_MS;
  while (micros.length < MIN_ROUNDS || performance.now() < deadline) {
    if (micros.length === MAX_ROUNDS) break;
    const start = performance.now();
    operation();
    micros.push((performance.now() - start) * 1000);
  }
  micros.sort((a, b) => a - b);
  return micros[micros.length >>> 1]!;
}
