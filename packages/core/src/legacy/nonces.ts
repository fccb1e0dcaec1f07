import { u64be } from '../crypto/bytes.js';
import type { CryptoProvider } from '../crypto/provider.js';

/** The nonces of this side's packets. */
export interface LegacyNonceSource {
  /** @param sequence of a packet, below 2^53 @returns 24 bytes, always the same for one sequence */
  at(sequence: number): Uint8Array;
}

const SECRET_BYTES = 32;
const NONCE_BYTES = 24;

/**
 * Nonces that look random to everybody else, and which this side can tell again without remembering
 * them: the wire itself gives no means to know one's own packet when it comes back (G7).
 */
export class LegacyNonces implements LegacyNonceSource {
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array = new Uint8Array(SECRET_BYTES);

  /** For one session: the secret is new. */
  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
    crypto.randomBytes(this.#secret);
  }

  at(sequence: number): Uint8Array {
    return this.#crypto.hmacSha256(this.#secret, u64be(sequence)).subarray(0, NONCE_BYTES);
  }
}
