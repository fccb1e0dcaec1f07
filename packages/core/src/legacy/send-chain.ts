import type { CryptoProvider, Signer } from '../crypto/provider.js';
import type { LegacyNonceSource } from './nonces.js';
import {
  encodeLegacyPacket,
  LEGACY_HASH_BYTES,
  LEGACY_VERSION,
  type LegacyPacketType,
  legacyPacketHash,
} from './packet.js';

/** The crate authenticates nothing beside the payload (G8). */
const NO_AAD: Uint8Array = new Uint8Array(0);

/** What a {@link LegacySendChain} works with. */
export interface LegacySendChainOptions {
  readonly crypto: CryptoProvider;
  /** Signs every packet. */
  readonly signer: Signer;
  readonly nonces: LegacyNonceSource;
}

/** The packets of one direction as they leave: numbered, linked, sealed and signed. */
export class LegacySendChain {
  readonly #options: LegacySendChainOptions;
  #sequence = 0;
  #head: Uint8Array = new Uint8Array(LEGACY_HASH_BYTES);

  constructor(options: LegacySendChainOptions) {
    this.#options = options;
  }

  /** How many packets were sealed. */
  get count(): number {
    return this.#sequence;
  }

  /**
   * Makes the next packet. It has to be sent, and in this order: the peer accepts none after one that
   * it did not get.
   *
   * @param key of the session, 32 bytes
   * @returns the datagram
   */
  seal(packetType: LegacyPacketType, plaintext: Uint8Array, key: Uint8Array): Uint8Array {
    const { crypto, signer, nonces } = this.#options;
    const nonce = nonces.at(this.#sequence);
    const parts = {
      version: LEGACY_VERSION,
      sequence: BigInt(this.#sequence),
      prevHash: this.#head,
      nonce,
      payload: crypto.xchachaSeal(key, nonce, NO_AAD, plaintext),
    };
    const hash = legacyPacketHash(crypto, parts);
    this.#head = hash;
    this.#sequence++;
    return encodeLegacyPacket({ ...parts, packetType, signature: signer.sign(hash) });
  }
}
