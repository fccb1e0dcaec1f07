import { hex, type Signer, VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';
import { NoncePool } from './nonce-pool.js';

const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const TAG_BYTES = 16;
const NO_AAD = new Uint8Array(0);
const REDACTED = '[redacted]';

// Native code takes a fresh small array several times slower than one it has seen before.
const seedScratch = new Uint8Array(new ArrayBuffer(KEY_BYTES));
let nonces: NoncePool | undefined;

/** What {@link encryptPayload} gives: both parts are needed to decrypt, neither is secret. */
export interface EncryptedPayload {
  /** As long as the data, and 16 bytes of tag at the end. */
  readonly ciphertext: Uint8Array;
  /** 24 random bytes. */
  readonly nonce: Uint8Array;
}

/**
 * An Ed25519 identity. The private key shows neither in `console.log` nor in JSON, and `wipe`
 * zeroes it.
 */
export class KeyPair {
  static {
    // What console.log shows in Node.
    Object.defineProperty(KeyPair.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: KeyPair): string {
        return `KeyPair ${JSON.stringify(this)}`;
      },
    });
  }

  /** 32 bytes (RFC 8032 section 5.1.5). */
  readonly publicKey: Uint8Array;
  readonly #seed: Uint8Array;
  readonly #signer: Signer;
  #wiped = false;

  private constructor(seed: Uint8Array) {
    this.#signer = platform.chooseProvider().createSigner(seed);
    this.#seed = new Uint8Array(seed);
    this.publicKey = this.#signer.publicKey;
  }

  /** A new pair from the random source of the system. */
  static generate(): KeyPair {
    platform.chooseProvider().randomBytes(seedScratch);
    const pair = new KeyPair(seedScratch);
    seedScratch.fill(0);
    return pair;
  }

  /**
   * @param seed the 32-byte private key; copied
   * @throws VCLError `InvalidKey` for another length
   */
  static fromSeed(seed: Uint8Array): KeyPair {
    requireLength(seed, KEY_BYTES, 'an Ed25519 seed');
    return new KeyPair(seed);
  }

  /**
   * The 32-byte seed of RFC 8032 section 5.1.5: the pair's own bytes, which `wipe` zeroes.
   *
   * @throws VCLError `InvalidKey` after `wipe`
   */
  get privateKey(): Uint8Array {
    this.#requireKey();
    return this.#seed;
  }

  /**
   * @returns the 64-byte Ed25519 signature of `message`
   * @throws VCLError `InvalidKey` after `wipe`
   */
  sign(message: Uint8Array): Uint8Array {
    this.#requireKey();
    return this.#signer.sign(message);
  }

  /** Fills the private key with zeros, also where {@link privateKey} was handed out. */
  wipe(): void {
    this.#wiped = true;
    this.#seed.fill(0);
    this.#signer.wipe();
  }

  /** The pair without its secret, for `JSON.stringify`. */
  toJSON(): { publicKey: string; privateKey: string } {
    return { publicKey: hex(this.publicKey), privateKey: REDACTED };
  }

  #requireKey(): void {
    if (this.#wiped) {
      throw new VCLError('InvalidKey', 'this key pair was wiped, load or generate it again');
    }
  }
}

/**
 * Encrypts with XChaCha20-Poly1305 under a random nonce, without associated data.
 *
 * @param key 32 bytes
 * @throws VCLError `InvalidKey` for another length
 */
export function encryptPayload(data: Uint8Array, key: Uint8Array): EncryptedPayload {
  requireLength(key, KEY_BYTES, 'an encryption key');
  const crypto = platform.chooseProvider();
  nonces ??= new NoncePool(crypto);
  const nonce = nonces.next();
  return { ciphertext: crypto.xchachaSeal(key, nonce, NO_AAD, data), nonce: nonce.slice() };
}

/**
 * The inverse of {@link encryptPayload}.
 *
 * @param key 32 bytes
 * @param nonce 24 bytes
 * @returns the data in a new array
 * @throws VCLError `InvalidKey` when the key has another length, `CryptoError` when the nonce has, or
 * when ciphertext, nonce and key do not belong together
 */
export function decryptPayload(
  ciphertext: Uint8Array,
  key: Uint8Array,
  nonce: Uint8Array,
): Uint8Array {
  requireLength(key, KEY_BYTES, 'a decryption key');
  if (nonce.length !== NONCE_BYTES) {
    throw new VCLError('CryptoError', `a nonce has ${NONCE_BYTES} bytes, not ${nonce.length}`);
  }
  if (ciphertext.length < TAG_BYTES) {
    throw new VCLError('CryptoError', `a ciphertext has at least ${TAG_BYTES} bytes, its tag`);
  }
  const data = platform.chooseProvider().xchachaOpen(key, nonce, NO_AAD, ciphertext);
  if (data === undefined) {
    throw new VCLError(
      'CryptoError',
      'the ciphertext was altered, or belongs to another key or nonce',
    );
  }
  return data;
}

/** @returns the 32-byte SHA-256 of `data` */
export function hashData(data: Uint8Array): Uint8Array {
  return platform.chooseProvider().sha256(data);
}

function requireLength(key: Uint8Array, bytes: number, what: string): void {
  if (!(key instanceof Uint8Array)) {
    throw new VCLError('InvalidKey', `${what} must be a Uint8Array of ${bytes} bytes`);
  }
  if (key.length !== bytes) {
    throw new VCLError('InvalidKey', `${what} has ${bytes} bytes, not ${key.length}`);
  }
}
