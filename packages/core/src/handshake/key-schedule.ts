import { concat, utf8 } from '../crypto/bytes.js';
import { expandLabel, hkdfExtract } from '../crypto/hkdf.js';
import type { CryptoProvider } from '../crypto/provider.js';
import { EMPTY, KEY_BYTES, type Role } from './registry.js';

/** The secrets that protect the handshake itself (SPEC 4.3). */
export interface HandshakeSecrets {
  /** `hs`, 32 bytes. */
  readonly handshake: Uint8Array;
  /** `hs_c`, 32 bytes. */
  readonly client: Uint8Array;
  /** `hs_s`, 32 bytes. */
  readonly server: Uint8Array;
}

const ZEROS = new Uint8Array(KEY_BYTES);
const SIGNED_PAD = new Uint8Array(64).fill(0x20);

/** `early` of SPEC 4.3. @param psk the pre-shared key of 32 bytes, if any */
export function earlySecret(crypto: CryptoProvider, psk?: Uint8Array): Uint8Array {
  return hkdfExtract(crypto, ZEROS, psk ?? ZEROS);
}

/**
 * `hs`, `hs_c` and `hs_s` of SPEC 4.3.
 *
 * @param dh the X25519 result of the two shares
 * @param helloHash `H(CH || SH)`
 */
export function handshakeSecrets(
  crypto: CryptoProvider,
  early: Uint8Array,
  dh: Uint8Array,
  helloHash: Uint8Array,
): HandshakeSecrets {
  const handshake = extractNext(crypto, early, dh);
  return {
    handshake,
    client: expandLabel(crypto, handshake, 'c hs', helloHash, KEY_BYTES),
    server: expandLabel(crypto, handshake, 's hs', helloHash, KEY_BYTES),
  };
}

/** `S[0]` of SPEC 4.3 from `hs`. */
export function firstSecret(crypto: CryptoProvider, handshake: Uint8Array): Uint8Array {
  return extractNext(crypto, handshake, ZEROS);
}

/** `exporter` of SPEC 4.3. */
export function exporterSecret(
  crypto: CryptoProvider,
  first: Uint8Array,
  th: Uint8Array,
): Uint8Array {
  return expandLabel(crypto, first, 'exporter', th, KEY_BYTES);
}

/**
 * What AUTH signs (SPEC 4.3).
 *
 * @param hash the transcript hash through the signer's ID
 */
export function authInput(role: Role, hash: Uint8Array): Uint8Array {
  return concat(SIGNED_PAD, utf8(`VCL1 ${role} auth`), Uint8Array.of(0), hash);
}

/**
 * The MAC of FIN (SPEC 4.3).
 *
 * @param secret `hs_c` or `hs_s`, by sender
 * @param hash the transcript hash through the sender's AUTH
 */
export function finishedMac(
  crypto: CryptoProvider,
  secret: Uint8Array,
  hash: Uint8Array,
): Uint8Array {
  const key = expandLabel(crypto, secret, 'finished', EMPTY, KEY_BYTES);
  const mac = crypto.hmacSha256(key, hash);
  key.fill(0);
  return mac;
}

/** Fills the secrets with zeros. */
export function wipeHandshakeSecrets(secrets: HandshakeSecrets): void {
  secrets.handshake.fill(0);
  secrets.client.fill(0);
  secrets.server.fill(0);
}

function extractNext(crypto: CryptoProvider, secret: Uint8Array, ikm: Uint8Array): Uint8Array {
  const salt = expandLabel(crypto, secret, 'derived', EMPTY, KEY_BYTES);
  const next = hkdfExtract(crypto, salt, ikm);
  salt.fill(0);
  return next;
}
