import type { CryptoProvider } from '../crypto/provider.js';
import { Reader } from '../wire/reader.js';
import { varintLength, Writer } from '../wire/writer.js';
import { findKeyShare, readKeyShares, writeKeyShares } from './key-shares.js';
import { GROUP_X25519, KEY_BYTES } from './registry.js';

/** The client's half of a key exchange under way (SPEC 5.3). */
export interface RekeyInit {
  /** The epoch the exchange leads to. */
  readonly epoch: number;
  /** The body of REKEY_INIT. */
  readonly body: Uint8Array;
  /** The ephemeral X25519 secret; {@link finishRekey} wipes it. */
  readonly secret: Uint8Array;
}

/** The server's answer to REKEY_INIT. */
export interface RekeyAnswer {
  /** The body of REKEY_RESP. */
  readonly body: Uint8Array;
  /** The X25519 result, 32 bytes; the caller wipes it. */
  readonly dh: Uint8Array;
}

/** Starts an exchange that leads to `epoch`. */
export function startRekey(crypto: CryptoProvider, epoch: number): RekeyInit {
  const secret = drawSecret(crypto);
  return { epoch, body: encodeBody(epoch, crypto.x25519PublicKey(secret)), secret };
}

/**
 * Answers REKEY_INIT.
 *
 * @param epoch the epoch that comes next here
 * @param initBody the body received
 * @returns undefined when the body is malformed, leads to another epoch, does not start with
 * X25519 or holds a low-order share: a protocol violation
 */
export function respondRekey(
  crypto: CryptoProvider,
  epoch: number,
  initBody: Uint8Array,
): RekeyAnswer | undefined {
  const peerShare = decodeBody(initBody, epoch);
  if (peerShare === undefined) return undefined;
  const secret = drawSecret(crypto);
  const dh = crypto.x25519(secret, peerShare);
  const body = encodeBody(epoch, crypto.x25519PublicKey(secret));
  secret.fill(0);
  return dh && { body, dh };
}

/**
 * Takes REKEY_RESP and wipes the secret of the exchange.
 *
 * @returns the X25519 result of 32 bytes, which the caller wipes; undefined as in {@link respondRekey}
 */
export function finishRekey(
  crypto: CryptoProvider,
  init: RekeyInit,
  respBody: Uint8Array,
): Uint8Array | undefined {
  const peerShare = decodeBody(respBody, init.epoch);
  const dh = peerShare && crypto.x25519(init.secret, peerShare);
  init.secret.fill(0);
  return dh;
}

function encodeBody(epoch: number, share: Uint8Array): Uint8Array {
  const body = new Uint8Array(varintLength(epoch) + 1 + 2 + 2 + share.length);
  const writer = new Writer().reset(body, 0, body.length);
  writer.varint(epoch);
  writeKeyShares(writer, [{ group: GROUP_X25519, share }]);
  return body;
}

/** The X25519 share of a body (SPEC 6.10). */
function decodeBody(body: Uint8Array, epoch: number): Uint8Array | undefined {
  const reader = new Reader().reset(body, 0, body.length);
  const leadsTo = reader.varint();
  const shares = readKeyShares(reader);
  if (shares === undefined || !reader.done || leadsTo !== epoch) return undefined;
  return shares[0]?.group === GROUP_X25519 ? findKeyShare(shares, GROUP_X25519) : undefined;
}

function drawSecret(crypto: CryptoProvider): Uint8Array {
  const secret = new Uint8Array(KEY_BYTES);
  crypto.randomBytes(secret);
  return secret;
}
