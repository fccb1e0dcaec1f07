import { wipe } from '../crypto/bytes.js';
import type { CryptoProvider } from '../crypto/provider.js';

const KEY_BYTES = 32;

/**
 * One side of a key exchange as the Rust crate does it, for a handshake or a rotation: the X25519
 * result itself is the key of both directions (G6). Nothing in it is authenticated (G3).
 */
export class LegacyKeyExchange {
  /** To be sent: 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array = new Uint8Array(KEY_BYTES);

  /** Makes a new secret. */
  constructor(crypto: CryptoProvider) {
    this.#crypto = crypto;
    crypto.randomBytes(this.#secret);
    this.publicKey = crypto.x25519PublicKey(this.#secret);
  }

  /**
   * @param peerPublicKey as it was received
   * @returns the key; or undefined for what no honest peer sends: another length, a point of low
   * order, which would give a key that everybody knows (G5), or this side's own key sent back (G7)
   */
  finish(peerPublicKey: Uint8Array): Uint8Array | undefined {
    if (peerPublicKey.length !== KEY_BYTES) return undefined;
    if (this.#crypto.equal(peerPublicKey, this.publicKey)) return undefined;
    return this.#crypto.x25519(this.#secret, peerPublicKey);
  }

  /** Fills the secret with zeros; the object must not be used afterwards. */
  wipe(): void {
    wipe(this.#secret);
  }
}
