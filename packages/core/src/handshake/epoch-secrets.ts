import { concat, u32be, utf8 } from '../crypto/bytes.js';
import { expandLabel, hkdfExtract } from '../crypto/hkdf.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { EMPTY, KEY_BYTES } from './registry.js';

const SALT_BYTES = 16;

/** The secrets of one key epoch of a session (SPEC 5.1). */
export class EpochSecrets {
  /** 0 for the keys of the handshake, one more with each rotation. */
  readonly epoch: number;
  /** `eth`: hash of all that led to this epoch. Not secret; statements carry it. */
  readonly eth: Uint8Array;
  readonly #crypto: CryptoProvider;
  readonly #secret: Uint8Array;
  readonly #client: Uint8Array;
  readonly #server: Uint8Array;

  private constructor(crypto: CryptoProvider, epoch: number, secret: Uint8Array, eth: Uint8Array) {
    this.epoch = epoch;
    this.eth = eth;
    this.#crypto = crypto;
    this.#secret = secret;
    this.#client = expandLabel(crypto, secret, 'c data', eth, KEY_BYTES);
    this.#server = expandLabel(crypto, secret, 's data', eth, KEY_BYTES);
  }

  /**
   * The secrets of epoch 0.
   *
   * @param first `S[0]` of SPEC 4.3; kept, and wiped by {@link wipe}
   * @param th the transcript hash through the client's FIN
   */
  static first(crypto: CryptoProvider, first: Uint8Array, th: Uint8Array): EpochSecrets {
    return new EpochSecrets(crypto, 0, first, th);
  }

  /**
   * The secrets of the next epoch (SPEC 5.3). This epoch stays usable until {@link wipe}.
   *
   * @param initBody the body of REKEY_INIT as it travelled
   * @param respBody the body of REKEY_RESP as it travelled
   * @param dh the X25519 result of the exchange
   */
  next(
    crypto: CryptoProvider,
    initBody: Uint8Array,
    respBody: Uint8Array,
    dh: Uint8Array,
  ): EpochSecrets {
    const salt = expandLabel(crypto, this.#secret, 'ratchet', this.eth, KEY_BYTES);
    const secret = hkdfExtract(crypto, salt, dh);
    salt.fill(0);
    const eth = crypto.sha256(concat(utf8('VCL1 rekey'), this.eth, initBody, respBody));
    return new EpochSecrets(crypto, this.epoch + 1, secret, eth);
  }

  /** `secret[d,e]`, 32 bytes; not a copy. @param direction 0 client to server, 1 back */
  directionSecret(direction: 0 | 1): Uint8Array {
    return direction === 0 ? this.#client : this.#server;
  }

  /** 32 bytes that both sides have and nobody else, for applications (SPEC 5.1); a new array. */
  sharedSecret(): Uint8Array {
    return expandLabel(this.#crypto, this.#secret, 'shared', this.eth, KEY_BYTES);
  }

  /** Fills the secrets with zeros; only `epoch` and `eth` may be used afterwards. */
  wipe(): void {
    this.#secret.fill(0);
    this.#client.fill(0);
    this.#server.fill(0);
  }
}

/** `key[d,e]` from `secret[d,e]`, 32 bytes (SPEC 5.2). */
export function packetKey(crypto: CryptoProvider, directionSecret: Uint8Array): Uint8Array {
  return expandLabel(crypto, directionSecret, 'key', EMPTY, KEY_BYTES);
}

/** `salt[d,e,p]` from `secret[d,e]`, 16 bytes (SPEC 5.2). @param pathId below 2^32 */
export function packetSalt(
  crypto: CryptoProvider,
  directionSecret: Uint8Array,
  pathId: number,
): Uint8Array {
  return expandLabel(crypto, directionSecret, 'salt', u32be(pathId), SALT_BYTES);
}

/** `hp[d]` from `secret[d,0]`, 32 bytes, one for the session (SPEC 5.2). */
export function headerKey(crypto: CryptoProvider, directionSecret: Uint8Array): Uint8Array {
  return expandLabel(crypto, directionSecret, 'hp', EMPTY, KEY_BYTES);
}
