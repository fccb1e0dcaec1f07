import { createHash } from 'node:crypto';
import type { CryptoProvider, Signer } from '@vcl-protocol/core';

/** Version u8, public key 32, signature 64 (SPEC 13.5). */
export const CLAIM_BYTES = 97;

const VERSION = 1;
const KEY_BYTES = 32;
const CONTEXT = new TextEncoder().encode('VCL1 quic certificate\0');

/** SHA-256 of a certificate. @param certificate DER */
export function certificateHash(certificate: Uint8Array): Uint8Array {
  return createHash('sha256').update(certificate).digest();
}

/** The identity behind `signer` says that the certificate is its own. */
export function makeClaim(hash: Uint8Array, signer: Signer): Uint8Array {
  const signature = signer.sign(signedBytes(hash));
  return Buffer.concat([Uint8Array.of(VERSION), signer.publicKey, signature]);
}

/**
 * The public key whose owner says in `claim` that the certificate is its own; undefined when the
 * claim is none, or is wrong.
 */
export function verifyClaim(
  claim: Uint8Array,
  hash: Uint8Array,
  crypto: CryptoProvider,
): Uint8Array | undefined {
  if (claim.length !== CLAIM_BYTES || claim[0] !== VERSION) return undefined;
  const key = new Uint8Array(claim.subarray(1, 1 + KEY_BYTES));
  const signature = new Uint8Array(claim.subarray(1 + KEY_BYTES));
  if (!crypto.isValidPublicKey(key)) return undefined;
  return crypto.verify(key, signedBytes(hash), signature) ? key : undefined;
}

function signedBytes(hash: Uint8Array): Uint8Array {
  return Buffer.concat([CONTEXT, hash]);
}
