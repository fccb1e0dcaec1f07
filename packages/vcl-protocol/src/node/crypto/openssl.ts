import { getCiphers, randomFillSync, timingSafeEqual } from 'node:crypto';
import { type CryptoProvider, nobleIsValidPublicKey, VCLError } from '@vcl-protocol/core';
import { createOpensslAead, opensslXchachaOpen, opensslXchachaSeal } from './openssl-aead.js';
import { createOpensslSha256, opensslHmacSha256, opensslSha256 } from './openssl-hash.js';
import {
  createOpensslSigner,
  opensslVerify,
  opensslX25519,
  opensslX25519PublicKey,
} from './openssl-keys.js';

/**
 * The provider of Node without add-ons: OpenSSL by way of `node:crypto`, named `node`.
 *
 * @throws VCLError `InvalidConfig` when the runtime's OpenSSL lacks ChaCha20-Poly1305 (a FIPS
 * build, Electron)
 */
export function createOpensslProvider(): CryptoProvider {
  if (!getCiphers().includes('chacha20-poly1305')) {
    throw new VCLError(
      'InvalidConfig',
      'this runtime has no chacha20-poly1305 in node:crypto, use sodium-native or noble',
    );
  }
  return {
    name: 'node',
    insecure: false,
    randomBytes(out: Uint8Array): void {
      randomFillSync(out);
    },
    sha256: opensslSha256,
    createSha256: createOpensslSha256,
    hmacSha256: opensslHmacSha256,
    createAead: createOpensslAead,
    xchachaSeal: opensslXchachaSeal,
    xchachaOpen: opensslXchachaOpen,
    x25519PublicKey: opensslX25519PublicKey,
    x25519: opensslX25519,
    createSigner: createOpensslSigner,
    verify: opensslVerify,
    // OpenSSL offers no test for the prime-order subgroup; it is asked once for each key.
    isValidPublicKey: nobleIsValidPublicKey,
    equal: equalInConstantTime,
  };
}

/** `CryptoProvider.equal` by OpenSSL. */
export function equalInConstantTime(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
