import {
  type Aead,
  type CryptoProvider,
  createNobleProvider,
  hchachaSubkey,
  isWellFormedSignature,
  type Signer,
  VCLError,
  writeU64le,
} from '@vcl-protocol/core';
import { fillRandom } from './random.js';

/** The part of libsodium-wrappers 0.8 that is called, under libsodium's own names. */
export interface SodiumModule {
  memzero(bytes: Uint8Array): void;
  crypto_aead_chacha20poly1305_ietf_encrypt: SodiumEncrypt;
  crypto_aead_chacha20poly1305_ietf_decrypt: SodiumDecrypt;
  crypto_aead_xchacha20poly1305_ietf_encrypt: SodiumEncrypt;
  crypto_aead_xchacha20poly1305_ietf_decrypt: SodiumDecrypt;
  crypto_scalarmult_base(secret: Uint8Array): Uint8Array;
  /** Throws when the result is all zero. */
  crypto_scalarmult(secret: Uint8Array, publicKey: Uint8Array): Uint8Array;
  crypto_sign_seed_keypair(seed: Uint8Array): {
    readonly publicKey: Uint8Array;
    readonly privateKey: Uint8Array;
  };
  crypto_sign_detached(message: Uint8Array, privateKey: Uint8Array): Uint8Array;
  crypto_sign_verify_detached(
    signature: Uint8Array,
    message: Uint8Array,
    publicKey: Uint8Array,
  ): boolean;
}

type SodiumEncrypt = (
  plaintext: Uint8Array,
  aad: Uint8Array,
  unused: null,
  nonce: Uint8Array,
  key: Uint8Array,
) => Uint8Array;

/** Throws when the tag is wrong. */
type SodiumDecrypt = (
  unused: null,
  ciphertext: Uint8Array,
  aad: Uint8Array,
  nonce: Uint8Array,
  key: Uint8Array,
) => Uint8Array;

const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;
const NEEDED: readonly (keyof SodiumModule)[] = [
  'memzero',
  'crypto_aead_chacha20poly1305_ietf_encrypt',
  'crypto_aead_chacha20poly1305_ietf_decrypt',
  'crypto_aead_xchacha20poly1305_ietf_encrypt',
  'crypto_aead_xchacha20poly1305_ietf_decrypt',
  'crypto_scalarmult_base',
  'crypto_scalarmult',
  'crypto_sign_seed_keypair',
  'crypto_sign_detached',
  'crypto_sign_verify_detached',
];

/**
 * A provider by the libsodium that a page has loaded: WebAssembly where the browser lets it, several
 * times as fast as noble with signatures. Hashes stay with noble, as the ordinary build of
 * libsodium-wrappers has no SHA-256.
 *
 * @param sodium the module, after `await sodium.ready`
 * @throws VCLError `InvalidConfig` when it is not ready, or lacks functions
 */
export function sodiumProvider(sodium: SodiumModule): CryptoProvider {
  if (NEEDED.some((name) => typeof sodium[name] !== 'function')) {
    throw new VCLError(
      'InvalidConfig',
      'libsodium is not ready: pass libsodium-wrappers 0.8 after await sodium.ready',
    );
  }
  return {
    ...createNobleProvider(fillRandom),
    name: 'libsodium-wrappers',
    createAead: (key, salt) => createAead(sodium, key, salt),
    xchachaSeal: (key, nonce, aad, plaintext) =>
      sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(plaintext, aad, null, nonce, key),
    xchachaOpen: (key, nonce, aad, ciphertext) => open(sodium, { key, nonce, aad, ciphertext }),
    x25519PublicKey: (secret) => sodium.crypto_scalarmult_base(secret),
    x25519: (secret, peerPublicKey) => x25519(sodium, secret, peerPublicKey),
    createSigner: (seed) => createSigner(sodium, seed),
    verify: (publicKey, message, signature) =>
      isWellFormedSignature(publicKey, signature) &&
      sodium.crypto_sign_verify_detached(signature, message, publicKey),
  };
}

function createAead(sodium: SodiumModule, key: Uint8Array, salt: Uint8Array): Aead {
  const subkey = hchachaSubkey(key, salt);
  const nonce = new Uint8Array(12);
  let wiped = false;
  return {
    seal(counter: number, buffer: Uint8Array, start: number, end: number): void {
      if (wiped) throw new VCLError('InvalidKey', 'the sealing key was wiped, derive a new one');
      writeU64le(nonce, 4, counter);
      const text = buffer.subarray(start, end);
      const aad = buffer.subarray(0, start);
      const encrypt = sodium.crypto_aead_chacha20poly1305_ietf_encrypt;
      buffer.set(encrypt(text, aad, null, nonce, subkey), start);
    },
    open(counter: number, buffer: Uint8Array, start: number, end: number): boolean {
      if (wiped || end - start < TAG_BYTES) return false;
      writeU64le(nonce, 4, counter);
      const sealed = buffer.subarray(start, end);
      const aad = buffer.subarray(0, start);
      try {
        const decrypt = sodium.crypto_aead_chacha20poly1305_ietf_decrypt;
        buffer.set(decrypt(null, sealed, aad, nonce, subkey), start);
        return true;
      } catch {
        return false;
      }
    },
    wipe(): void {
      sodium.memzero(subkey);
      wiped = true;
    },
  };
}

interface Sealed {
  readonly key: Uint8Array;
  readonly nonce: Uint8Array;
  readonly aad: Uint8Array;
  readonly ciphertext: Uint8Array;
}

function open(
  sodium: SodiumModule,
  { key, nonce, aad, ciphertext }: Sealed,
): Uint8Array | undefined {
  // Otherwise the library's complaint would look like a wrong tag.
  if (key.length !== KEY_BYTES || nonce.length !== NONCE_BYTES) {
    throw new VCLError('InvalidKey', 'XChaCha20-Poly1305 takes a 32-byte key and a 24-byte nonce');
  }
  if (ciphertext.length < TAG_BYTES) return undefined;
  try {
    return sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(null, ciphertext, aad, nonce, key);
  } catch {
    return undefined;
  }
}

function x25519(
  sodium: SodiumModule,
  secret: Uint8Array,
  peerPublicKey: Uint8Array,
): Uint8Array | undefined {
  if (peerPublicKey.length !== KEY_BYTES) return undefined;
  try {
    return sodium.crypto_scalarmult(secret, peerPublicKey);
  } catch {
    return undefined;
  }
}

function createSigner(sodium: SodiumModule, seed: Uint8Array): Signer {
  const { publicKey, privateKey } = sodium.crypto_sign_seed_keypair(seed);
  let wiped = false;
  return {
    publicKey,
    sign(message: Uint8Array): Uint8Array {
      if (wiped) throw new VCLError('InvalidKey', 'the signing key was wiped, make a new signer');
      return sodium.crypto_sign_detached(message, privateKey);
    },
    wipe(): void {
      sodium.memzero(privateKey);
      wiped = true;
    },
  };
}
