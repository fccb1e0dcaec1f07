import {
  type CryptoProvider,
  isWellFormedPublicKey,
  isWellFormedSignature,
  type Signer,
  VCLError,
} from '@vcl-protocol/core';
import { equalInConstantTime } from './openssl.js';
import { createOpensslSha256, opensslHmacSha256, opensslSha256 } from './openssl-hash.js';
import { createSodiumAead, sodiumXchachaOpen, sodiumXchachaSeal } from './sodium-aead.js';
import { requireSodium, type SodiumBinding } from './sodium-binding.js';

const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const DIGEST_BYTES = 32;
/** Above this libsodium's SHA-256 is slower than OpenSSL's, in spite of the cheaper call. */
const SODIUM_HASH_MAX_BYTES = 256;

/**
 * The fastest provider of Node: libsodium by way of the optional dependency sodium-native, and
 * OpenSSL for the hashes of long inputs.
 *
 * @throws VCLError `InvalidConfig` when sodium-native cannot be loaded
 */
export function createSodiumProvider(): CryptoProvider {
  const sodium = requireSodium();
  return {
    name: 'sodium-native',
    insecure: false,
    randomBytes: (out) => sodium.randombytes_buf(out),
    sha256: createSha256(sodium),
    createSha256: createOpensslSha256,
    hmacSha256: opensslHmacSha256,
    createAead: (key, salt) => createSodiumAead(sodium, key, salt),
    xchachaSeal: (key, nonce, aad, plaintext) =>
      sodiumXchachaSeal(sodium, key, nonce, aad, plaintext),
    xchachaOpen: (key, nonce, aad, ciphertext) =>
      sodiumXchachaOpen(sodium, key, nonce, aad, ciphertext),
    x25519PublicKey: (secret) => x25519PublicKey(sodium, secret),
    x25519: (secret, peerPublicKey) => x25519(sodium, secret, peerPublicKey),
    createSigner: createSignerFactory(sodium),
    verify: (publicKey, message, signature) =>
      isWellFormedSignature(publicKey, signature) &&
      sodium.crypto_sign_verify_detached(signature, message, publicKey),
    isValidPublicKey: (publicKey) =>
      isWellFormedPublicKey(publicKey) && sodium.crypto_core_ed25519_is_valid_point(publicKey),
    equal: equalInConstantTime,
  };
}

/** @returns {@link createSodiumProvider}'s provider, or undefined when it cannot be loaded */
export function loadSodiumProvider(): CryptoProvider | undefined {
  try {
    return createSodiumProvider();
  } catch {
    return undefined;
  }
}

function createSha256(sodium: SodiumBinding): (data: Uint8Array) => Uint8Array {
  const scratch = createScratch(DIGEST_BYTES);
  return (data) => {
    if (data.length > SODIUM_HASH_MAX_BYTES) return opensslSha256(data);
    sodium.crypto_hash_sha256(scratch, data);
    return scratch.slice();
  };
}

function x25519PublicKey(sodium: SodiumBinding, secret: Uint8Array): Uint8Array {
  const publicKey = new Uint8Array(KEY_BYTES);
  sodium.crypto_scalarmult_base(publicKey, secret);
  return publicKey;
}

function x25519(
  sodium: SodiumBinding,
  secret: Uint8Array,
  peerPublicKey: Uint8Array,
): Uint8Array | undefined {
  if (peerPublicKey.length !== KEY_BYTES) return undefined;
  const shared = new Uint8Array(KEY_BYTES);
  try {
    sodium.crypto_scalarmult(shared, secret, peerPublicKey);
    return shared;
  } catch {
    return undefined;
  }
}

function createSignerFactory(sodium: SodiumBinding): (seed: Uint8Array) => Signer {
  const publicScratch = createScratch(KEY_BYTES);
  const secretScratch = createScratch(2 * KEY_BYTES);
  return (seed) => {
    sodium.crypto_sign_seed_keypair(publicScratch, secretScratch, seed);
    const secretKey = secretScratch.slice();
    secretScratch.fill(0);
    return createSigner(sodium, publicScratch.slice(), secretKey);
  };
}

function createSigner(sodium: SodiumBinding, publicKey: Uint8Array, secretKey: Uint8Array): Signer {
  let wiped = false;
  return {
    publicKey,
    sign(message: Uint8Array): Uint8Array {
      if (wiped) throw new VCLError('InvalidKey', 'the signing key was wiped, make a new signer');
      const signature = new Uint8Array(SIGNATURE_BYTES);
      sodium.crypto_sign_detached(signature, message, secretKey);
      return signature;
    },
    wipe(): void {
      sodium.sodium_memzero(secretKey);
      wiped = true;
    },
  };
}

/**
 * An array that crosses into native code again and again. A fresh small array has no memory of its
 * own until it first crosses, and getting it costs several times the copy out of this one.
 */
function createScratch(bytes: number): Uint8Array {
  return new Uint8Array(new ArrayBuffer(bytes));
}
