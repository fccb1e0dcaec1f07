import type { CryptoProvider } from '../crypto/provider.js';

/** What gives random bytes. */
type RandomSource = Pick<CryptoProvider, 'randomBytes'>;

const POOL_BYTES = 4_096;

/**
 * Random bytes of a provider, drawn many at a time: for nonces and lengths that travel in the open
 * anyway. Secrets are to be drawn from the provider itself, which keeps none of them.
 */
export class PooledRandom implements RandomSource {
  readonly #source: RandomSource;
  readonly #pool = new Uint8Array(POOL_BYTES);
  #next = POOL_BYTES;

  constructor(source: RandomSource) {
    this.#source = source;
  }

  randomBytes(out: Uint8Array): void {
    if (out.length > POOL_BYTES) {
      this.#source.randomBytes(out);
      return;
    }
    if (this.#next + out.length > POOL_BYTES) {
      this.#source.randomBytes(this.#pool);
      this.#next = 0;
    }
    for (let i = 0; i < out.length; i++) out[i] = this.#pool[this.#next + i]!;
    this.#next += out.length;
  }
}
