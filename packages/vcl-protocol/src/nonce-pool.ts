import type { CryptoProvider } from '@vcl-protocol/core';

const NONCE_BYTES = 24;
const NONCES = 16;

/**
 * Random 24-byte nonces, drawn from the provider sixteen at a time: a draw costs mostly its call.
 * Nonces are public, so those in waiting are no secret; each is handed out once.
 */
export class NoncePool {
  readonly #crypto: Pick<CryptoProvider, 'randomBytes'>;
  readonly #pool = new Uint8Array(new ArrayBuffer(NONCES * NONCE_BYTES));
  #used: number = NONCES;

  constructor(crypto: Pick<CryptoProvider, 'randomBytes'>) {
    this.#crypto = crypto;
  }

  /** @returns 24 bytes that are overwritten sixteen calls later: copy what is kept */
  next(): Uint8Array {
    if (this.#used === NONCES) {
      this.#crypto.randomBytes(this.#pool);
      this.#used = 0;
    }
    const start = this.#used++ * NONCE_BYTES;
    return this.#pool.subarray(start, start + NONCE_BYTES);
  }
}
