import { type CryptoProvider, VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';
import { decodeBase64url, encodeBase64, encodeBase64url } from './base64.js';

/** A public key as users give it: its 32 bytes, or the text of {@link encodePublicKey}. */
export type PublicKeyLike = Uint8Array | string;

/** What every public key in text form starts with. */
export const PUBLIC_KEY_PREFIX = 'vcl-ed25519:';

const PUBLIC_KEY_BYTES = 32;

/**
 * The text form of a public key: `vcl-ed25519:` and the 32 bytes in base64url without padding.
 *
 * @throws VCLError `InvalidKey` when it is not 32 bytes long
 */
export function encodePublicKey(publicKey: Uint8Array): string {
  requireLength(publicKey);
  return PUBLIC_KEY_PREFIX + encodeBase64url(publicKey);
}

/**
 * Reads the text form of a public key.
 *
 * @throws VCLError `InvalidKey` when the text has another form, or the key is not one that may sign
 * (SPEC 2.3)
 */
export function decodePublicKey(
  text: string,
  provider: CryptoProvider = platform.chooseProvider(),
): Uint8Array {
  return requireValid(readPublicKey(text), provider);
}

/**
 * The bytes of a public key given in either form, as a copy.
 *
 * @throws VCLError `InvalidKey` as {@link decodePublicKey} does
 */
export function toPublicKey(
  key: PublicKeyLike,
  provider: CryptoProvider = platform.chooseProvider(),
): Uint8Array {
  if (typeof key === 'string') return decodePublicKey(key, provider);
  if (key instanceof Uint8Array) return requireValid(Uint8Array.from(requireLength(key)), provider);
  throw new VCLError('InvalidKey', `a public key is ${FORMS}: got a value of type ${typeof key}`);
}

/**
 * Reads the text form without the curve's own check: enough to compare with a key that had it.
 *
 * @throws VCLError `InvalidKey` when the text has another form
 */
export function readPublicKey(text: string): Uint8Array {
  const encoded = text.startsWith(PUBLIC_KEY_PREFIX) ? text.slice(PUBLIC_KEY_PREFIX.length) : '';
  const bytes = decodeBase64url(encoded);
  if (bytes?.length !== PUBLIC_KEY_BYTES) {
    throw new VCLError('InvalidKey', `a public key is ${FORMS}: got '${text.slice(0, 80)}'`);
  }
  return bytes;
}

/**
 * What to show of a public key, in logs and to people: `SHA256:` and the base64 of the SHA-256 of
 * its 32 bytes, without padding, as OpenSSH writes it.
 */
export function fingerprint(
  publicKey: Uint8Array,
  provider: CryptoProvider = platform.chooseProvider(),
): string {
  return `SHA256:${encodeBase64(provider.sha256(publicKey))}`;
}

/** Whether two public keys are the same bytes. */
export function isSameKey(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const FORMS = `'${PUBLIC_KEY_PREFIX}' and 43 characters of base64url, or ${PUBLIC_KEY_BYTES} bytes`;

function requireLength(publicKey: Uint8Array): Uint8Array {
  if (publicKey.length === PUBLIC_KEY_BYTES) return publicKey;
  throw new VCLError('InvalidKey', `a public key is ${FORMS}: got ${publicKey.length} bytes`);
}

function requireValid(publicKey: Uint8Array, provider: CryptoProvider): Uint8Array {
  if (provider.isValidPublicKey(publicKey)) return publicKey;
  throw new VCLError(
    'InvalidKey',
    `${encodePublicKey(publicKey)} is not a usable Ed25519 key (SPEC 2.3): copy it again from its owner`,
  );
}
