import type { CryptoProvider } from '../crypto/provider.js';

const POOL_BYTES = 4_096;

/**
 * The same provider, with random bytes drawn many at a time: for nonces and lengths that travel in
 * the open anyway. Secrets are to be drawn from the provider itself, which keeps none of them.
 */
export function withPooledRandom(crypto: CryptoProvider): CryptoProvider {
  const pool = new Uint8Array(POOL_BYTES);
  let next = POOL_BYTES;
  return {
    ...crypto,
    randomBytes(out: Uint8Array): void {
      if (out.length > POOL_BYTES) {
        crypto.randomBytes(out);
        return;
      }
      if (next + out.length > POOL_BYTES) {
        crypto.randomBytes(pool);
        next = 0;
      }
      for (let i = 0; i < out.length; i++) out[i] = pool[next + i]!;
      next += out.length;
    },
  };
}
