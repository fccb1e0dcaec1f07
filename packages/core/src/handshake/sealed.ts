import { concat } from '../crypto/bytes.js';
import type { CryptoProvider, Signer } from '../crypto/provider.js';
import { Reader } from '../wire/reader.js';
import {
  decodeAuth,
  decodeFinished,
  decodeIdentity,
  encodeAuth,
  encodeFinished,
  encodeIdentity,
} from './auth-messages.js';
import type { Drop } from './drop-reason.js';
import { packetKey, packetSalt } from './epoch-secrets.js';
import { authInput, finishedMac } from './key-schedule.js';
import { bodyOf, encodeMessage, MessageType, takeMessage } from './messages.js';
import { type Role, TAG_BYTES } from './registry.js';

/** What SEALED is made and opened with (SPEC 4.3). */
export interface SealContext {
  readonly crypto: CryptoProvider;
  /** Who sends this SEALED. */
  readonly sender: Role;
  /** `hs_c` or `hs_s`, by sender. */
  readonly secret: Uint8Array;
  /** `H(CH || SH)`. */
  readonly helloHash: Uint8Array;
  /** All messages before this one, in the clear. */
  readonly transcript: Uint8Array;
}

/** A SEALED that was made. */
export interface SealedAuthentication {
  /** The whole SEALED message. */
  readonly message: Uint8Array;
  /** The transcript through the sender's FIN. */
  readonly transcript: Uint8Array;
}

/** A SEALED that was opened and found authentic. */
export interface OpenedAuthentication {
  readonly publicKey: Uint8Array;
  /** The transcript through the sender's FIN. */
  readonly transcript: Uint8Array;
}

/** Makes `SEALED { ID, AUTH, FIN }`. Once for each secret: the AEAD counter is always 0. */
export function sealAuthentication(context: SealContext, identity: Signer): SealedAuthentication {
  const { crypto, sender, secret } = context;
  let transcript = concat(context.transcript, encodeIdentity(identity.publicKey));
  const signature = identity.sign(authInput(sender, crypto.sha256(transcript)));
  transcript = concat(transcript, encodeAuth(signature));
  const mac = finishedMac(crypto, secret, crypto.sha256(transcript));
  transcript = concat(transcript, encodeFinished(mac));
  const plaintext = transcript.subarray(context.transcript.length);
  const start = context.helloHash.length;
  const buffer = concat(context.helloHash, plaintext, new Uint8Array(TAG_BYTES));
  const aead = openAead(context);
  aead.seal(0, buffer, start, start + plaintext.length);
  aead.wipe();
  return { message: encodeMessage(MessageType.Sealed, buffer.subarray(start)), transcript };
}

/** Opens a whole SEALED message and checks all of it. Nothing else may be done with it before. */
export function openAuthentication(
  context: SealContext,
  message: Uint8Array,
): OpenedAuthentication | Drop {
  const body = bodyOf(message);
  const start = context.helloHash.length;
  const buffer = concat(context.helloHash, body);
  const aead = openAead(context);
  const opened = aead.open(0, buffer, start, buffer.length);
  aead.wipe();
  if (!opened) return { drop: 'not-authentic' };
  return checkAuthentication(context, buffer.subarray(start, buffer.length - TAG_BYTES));
}

function checkAuthentication(
  context: SealContext,
  plaintext: Uint8Array,
): OpenedAuthentication | Drop {
  const { crypto, sender, secret } = context;
  const reader = new Reader().reset(plaintext, 0, plaintext.length);
  const identity = takeMessage(reader, MessageType.Identity);
  const auth = takeMessage(reader, MessageType.Auth);
  const finished = takeMessage(reader, MessageType.Finished);
  const publicKey = identity && decodeIdentity(identity);
  const signature = auth && decodeAuth(auth);
  const mac = finished && decodeFinished(finished);
  if (!publicKey || !signature || !mac || !reader.done) return { drop: 'malformed' };
  const throughId = concat(context.transcript, identity);
  const throughAuth = concat(throughId, auth);
  // The cheap check first: the signature costs a hundred times as much.
  const expected = finishedMac(crypto, secret, crypto.sha256(throughAuth));
  if (!crypto.equal(expected, mac)) return { drop: 'finished' };
  if (!crypto.isValidPublicKey(publicKey)) return { drop: 'invalid-key' };
  if (!crypto.verify(publicKey, authInput(sender, crypto.sha256(throughId)), signature)) {
    return { drop: 'signature' };
  }
  return { publicKey, transcript: concat(throughAuth, finished) };
}

function openAead(context: SealContext): ReturnType<CryptoProvider['createAead']> {
  const { crypto, secret } = context;
  const key = packetKey(crypto, secret);
  const aead = crypto.createAead(key, packetSalt(crypto, secret, 0));
  key.fill(0);
  return aead;
}
