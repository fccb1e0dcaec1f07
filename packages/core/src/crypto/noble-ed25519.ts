import { ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, equalBytes } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { VCLError } from '../errors.js';
import { concat } from './bytes.js';
import { isWellFormedPublicKey, isWellFormedSignature, POINT_BYTES } from './ed25519-encoding.js';
import { decodePoint, PointCache } from './point-cache.js';
import type { CryptoProvider, Signer } from './provider.js';

const { Point } = ed25519;
const { Fn } = Point;

/**
 * `CryptoProvider.createSigner` in pure JavaScript. The hashed seed and the public key are kept,
 * so that a signature costs one multiplication and not two.
 *
 * @param seed 32 bytes; copied
 */
export function createNobleSigner(seed: Uint8Array): Signer {
  const { head, prefix, pointBytes } = ed25519.utils.getExtendedPublicKey(seed);
  let wiped = false;
  return {
    publicKey: pointBytes,
    sign(message: Uint8Array): Uint8Array {
      if (wiped) throw new VCLError('InvalidKey', 'the signing key was wiped, make a new signer');
      const nonce = hashToScalar(prefix, message);
      const r = Point.BASE.multiply(nonce).toBytes();
      const challenge = hashToScalar(r, pointBytes, message);
      const s = Fn.create(nonce + challenge * bytesToNumberLE(head));
      return concat(r, Fn.toBytes(s));
    },
    wipe(): void {
      head.fill(0);
      prefix.fill(0);
      wiped = true;
    },
  };
}

/**
 * `CryptoProvider.verify` by point arithmetic (RFC 8032 section 5.1.7, the cofactorless equation):
 * the library's own verification accepts signatures that other providers refuse. Each function
 * made keeps the last few keys it verified with.
 */
export function createNobleVerify(): CryptoProvider['verify'] {
  const points = new PointCache();
  return (publicKey, message, signature) => {
    if (!isWellFormedSignature(publicKey, signature)) return false;
    const key = points.get(publicKey);
    if (key === undefined) return false;
    const r = signature.subarray(0, POINT_BYTES);
    const s = bytesToNumberLE(signature.subarray(POINT_BYTES));
    const challenge = hashToScalar(r, publicKey, message);
    const expected = Point.BASE.multiplyUnsafe(s).subtract(key.multiplyUnsafe(challenge));
    return equalBytes(expected.toBytes(), r);
  };
}

/** `CryptoProvider.isValidPublicKey` in pure JavaScript. */
export function nobleIsValidPublicKey(publicKey: Uint8Array): boolean {
  return isWellFormedPublicKey(publicKey) && (decodePoint(publicKey)?.isTorsionFree() ?? false);
}

function hashToScalar(...parts: readonly Uint8Array[]): bigint {
  return Fn.create(bytesToNumberLE(sha512(concat(...parts))));
}
