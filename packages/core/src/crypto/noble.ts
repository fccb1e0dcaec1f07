import { x25519 } from '@noble/curves/ed25519.js';
import { equalBytes } from '@noble/curves/utils.js';
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { createNobleAead, nobleXchachaOpen, nobleXchachaSeal } from './noble-aead.js';
import { createNobleSigner, createNobleVerify, nobleIsValidPublicKey } from './noble-ed25519.js';
import type { CryptoProvider, Sha256 } from './provider.js';

/**
 * The provider that runs everywhere: the audited @noble packages, pure JavaScript. The slowest of
 * the three by a factor of ten and more.
 *
 * @param randomBytes fills an array with bytes of a cryptographic random source of the platform
 */
export function createNobleProvider(randomBytes: (out: Uint8Array) => void): CryptoProvider {
  return {
    name: 'noble',
    insecure: false,
    randomBytes,
    sha256: (data) => sha256(data),
    createSha256,
    hmacSha256: (key, data) => hmac(sha256, key, data),
    createAead: createNobleAead,
    xchachaSeal: nobleXchachaSeal,
    xchachaOpen: nobleXchachaOpen,
    x25519PublicKey: (secret) => x25519.getPublicKey(secret),
    x25519: nobleX25519,
    createSigner: createNobleSigner,
    verify: createNobleVerify(),
    isValidPublicKey: nobleIsValidPublicKey,
    equal: (a, b) => equalBytes(a, b),
  };
}

function createSha256(): Sha256 {
  const hash = sha256.create();
  return {
    update(data: Uint8Array): void {
      hash.update(data);
    },
    digest: () => hash.digest(),
  };
}

function nobleX25519(secret: Uint8Array, peerPublicKey: Uint8Array): Uint8Array | undefined {
  try {
    return x25519.getSharedSecret(secret, peerPublicKey);
  } catch {
    // The library throws on low-order points; the provider's contract is a value.
    return undefined;
  }
}
