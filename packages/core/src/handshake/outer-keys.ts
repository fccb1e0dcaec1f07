import { utf8 } from '../crypto/bytes.js';
import { ChaChaMask } from '../crypto/chacha-block.js';
import { expandLabel, hkdfExtract } from '../crypto/hkdf.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import { EMPTY, KEY_BYTES } from './registry.js';

/** Where an outer secret comes from: nobody's secret, the server's key, or an invitation. */
export type OuterKind = 'open' | 'key' | 'invite';

/**
 * The keys of the outermost layer (SPEC 2.5): they hide that a datagram is VCL from everybody who
 * does not hold the outer secret, and are no part of authentication.
 */
export class OuterKeys {
  readonly kind: OuterKind;
  /** The extracted outer secret, 32 bytes, for the key log (SPEC 5.4). */
  readonly secret: Uint8Array;
  /** Key of the envelopes (SPEC 3.1), 32 bytes. */
  readonly okey: Uint8Array;
  /** The outer mask of records (SPEC 3.3). */
  readonly omask: ChaChaMask;

  private constructor(crypto: CryptoProvider, kind: OuterKind, secret: Uint8Array) {
    this.kind = kind;
    this.secret = hkdfExtract(crypto, utf8('VCL1 outer'), secret);
    this.okey = expandLabel(crypto, this.secret, 'okey', EMPTY, KEY_BYTES);
    const maskKey = expandLabel(crypto, this.secret, 'omask', EMPTY, KEY_BYTES);
    this.omask = new ChaChaMask(maskKey);
    maskKey.fill(0);
  }

  /** Keys that everybody has: an open server. */
  static open(crypto: CryptoProvider): OuterKeys {
    return new OuterKeys(crypto, 'open', new Uint8Array(KEY_BYTES));
  }

  /**
   * Keys of those who know the server's identity.
   *
   * @param publicKey the server's Ed25519 key, 32 bytes
   * @throws VCLError `InvalidKey` for another length
   */
  static forServerKey(crypto: CryptoProvider, publicKey: Uint8Array): OuterKeys {
    if (publicKey.length !== KEY_BYTES) {
      throw new VCLError('InvalidKey', 'a server key has 32 bytes, pass the Ed25519 public key');
    }
    return new OuterKeys(crypto, 'key', crypto.sha256(publicKey));
  }

  /**
   * Keys of those who hold an invitation.
   *
   * @param secret 32 random bytes
   * @throws VCLError `InvalidKey` for another length or for zeros, which would mean an open server
   */
  static fromSecret(crypto: CryptoProvider, secret: Uint8Array): OuterKeys {
    if (secret.length !== KEY_BYTES || secret.every((byte) => byte === 0)) {
      throw new VCLError('InvalidKey', 'an invitation secret is 32 random bytes, make a new one');
    }
    return new OuterKeys(crypto, 'invite', secret);
  }

  /** Fills the keys with zeros; the object must not be used afterwards. */
  wipe(): void {
    this.secret.fill(0);
    this.okey.fill(0);
    this.omask.wipe();
  }
}
