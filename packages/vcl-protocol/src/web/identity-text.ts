import { VCLError } from '@vcl-protocol/core';
import { KeyPair } from '../crypto.js';
import { decodeBase64url, encodeBase64url } from '../identity/base64.js';

const PREFIX = 'vcl-seed:';
const SEED_BYTES = 32;

/**
 * The whole identity as a text to store: `vcl-seed:` and the 32-byte seed in base64url. Whoever reads
 * it is this identity, and in a page that is every script of its origin.
 *
 * @throws VCLError `InvalidKey` after `wipe`
 */
export function exportIdentity(identity: KeyPair): string {
  return PREFIX + encodeBase64url(identity.privateKey);
}

/**
 * The inverse of {@link exportIdentity}.
 *
 * @throws VCLError `InvalidKey` for any other text
 */
export function importIdentity(text: string): KeyPair {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : '';
  const seed = decodeBase64url(encoded);
  if (seed?.length !== SEED_BYTES) {
    throw new VCLError(
      'InvalidKey',
      'this is no identity that exportIdentity made: make a new one',
    );
  }
  const identity = KeyPair.fromSeed(seed);
  seed.fill(0);
  return identity;
}
