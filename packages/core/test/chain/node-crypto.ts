import {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign,
  verify,
} from 'node:crypto';
import { createNobleProvider } from '../../src/crypto/noble.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';

const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const publicKeys = new Map<string, KeyObject>();

const verdicts = new Map<string, boolean>();
const validKeys = new Map<string, boolean>();
const noble = createNobleProvider(() => {
  throw new Error('nothing in the chain is random');
});

/**
 * Signatures and hashes by OpenSSL, with a memory for verdicts: tests that verify thousands of
 * nearly equal logs need the speed.
 */
export const crypto: CryptoProvider = {
  ...noble,
  name: 'node for tests',
  sha256: (data) => plain(createHash('sha256').update(data).digest()),
  createSha256: () => {
    const hash = createHash('sha256');
    return { update: (data) => void hash.update(data), digest: () => plain(hash.digest()) };
  },
  hmacSha256: (key, data) => plain(createHmac('sha256', key).update(data).digest()),
  createSigner: (seed) => {
    const key = privateKey(seed);
    const publicKey = publicKeyOf(seed);
    return { publicKey, sign: (message) => plain(sign(null, message, key)), wipe: () => {} };
  },
  verify: (publicKey, message, signature) =>
    remember(verdicts, [publicKey, message, signature], () =>
      verify(null, message, importPublicKey(publicKey), signature),
    ),
  isValidPublicKey: (publicKey) =>
    remember(validKeys, [publicKey], () => noble.isValidPublicKey(publicKey)),
};

/** The Ed25519 public key of a 32-byte seed. */
export function publicKeyOf(seed: Uint8Array): Uint8Array {
  const spki = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
  return plain(spki.subarray(PUBLIC_PREFIX.length));
}

function privateKey(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([PRIVATE_PREFIX, seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

function importPublicKey(publicKey: Uint8Array): KeyObject {
  const id = Buffer.from(publicKey).toString('hex');
  const known = publicKeys.get(id);
  if (known !== undefined) return known;
  const der = Buffer.concat([PUBLIC_PREFIX, publicKey]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  publicKeys.set(id, key);
  return key;
}

function remember(
  memory: Map<string, boolean>,
  parts: readonly Uint8Array[],
  compute: () => boolean,
): boolean {
  const id = Buffer.concat(parts).toString('latin1');
  const known = memory.get(id);
  if (known !== undefined) return known;
  const verdict = compute();
  memory.set(id, verdict);
  return verdict;
}

function plain(bytes: Buffer): Uint8Array {
  return new Uint8Array(bytes);
}
