import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { fromHex, isWellFormedSignature, type Signer, VCLError } from '@vcl-protocol/core';
import { plainBytes } from './plain.js';

const KEY_BYTES = 32;

/** The curves as JWK (RFC 8037) names them, with their PKCS #8 header (RFC 8410 section 7). */
const ED25519 = { crv: 'Ed25519', pkcs8: fromHex('302e020100300506032b657004220420') } as const;
const X25519 = { crv: 'X25519', pkcs8: fromHex('302e020100300506032b656e04220420') } as const;
type Curve = typeof ED25519 | typeof X25519;

/** `CryptoProvider.createSigner` by OpenSSL, which zeroes its own copy of the key when it is freed. */
export function createOpensslSigner(seed: Uint8Array): Signer {
  let privateKey: KeyObject | undefined = importPrivateKey(ED25519, seed);
  return {
    publicKey: exportPublicKey(privateKey),
    sign(message: Uint8Array): Uint8Array {
      if (privateKey === undefined) {
        throw new VCLError('InvalidKey', 'the signing key was wiped, make a new signer');
      }
      return plainBytes(sign(null, message, privateKey));
    },
    wipe(): void {
      privateKey = undefined;
    },
  };
}

/** `CryptoProvider.verify` by OpenSSL, which itself accepts keys and points of small order. */
export function opensslVerify(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (!isWellFormedSignature(publicKey, signature)) return false;
  try {
    return verify(null, message, importPublicKey(ED25519, publicKey), signature);
  } catch {
    // Node says no to a key that is no point of the curve; Deno does not even import it.
    return false;
  }
}

/** `CryptoProvider.x25519PublicKey` by OpenSSL. */
export function opensslX25519PublicKey(secret: Uint8Array): Uint8Array {
  return exportPublicKey(importPrivateKey(X25519, secret));
}

/** `CryptoProvider.x25519` by OpenSSL, which fails on an all-zero result. */
export function opensslX25519(
  secret: Uint8Array,
  peerPublicKey: Uint8Array,
): Uint8Array | undefined {
  if (peerPublicKey.length !== KEY_BYTES) return undefined;
  const privateKey = importPrivateKey(X25519, secret);
  try {
    const publicKey = importPublicKey(X25519, peerPublicKey);
    return plainBytes(diffieHellman({ privateKey, publicKey }));
  } catch {
    return undefined;
  }
}

/** By DER and not by JWK, slower as it is: a secret in a string could not be zeroed. */
function importPrivateKey(curve: Curve, secret: Uint8Array): KeyObject {
  if (secret.length !== KEY_BYTES) {
    throw new VCLError('InvalidKey', `a secret key has 32 bytes, not ${secret.length}`);
  }
  const der = Buffer.alloc(curve.pkcs8.length + KEY_BYTES);
  der.set(curve.pkcs8);
  der.set(secret, curve.pkcs8.length);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  return privateKey;
}

function importPublicKey(curve: Curve, publicKey: Uint8Array): KeyObject {
  const x = Buffer.from(publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: curve.crv, x }, format: 'jwk' });
}

function exportPublicKey(privateKey: KeyObject): Uint8Array {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
  return Uint8Array.from(Buffer.from(x ?? '', 'base64url'));
}
