import { concat, u16be } from '../crypto/bytes.js';
import { bodyReader, encodeMessage, MessageType } from './messages.js';
import { KEY_BYTES, SIGNATURE_BYTES } from './registry.js';

/** Encodes ID: `public key 32 || extensions<u16>`, without extensions (SPEC 4.1). */
export function encodeIdentity(publicKey: Uint8Array): Uint8Array {
  return encodeMessage(MessageType.Identity, concat(publicKey, u16be(0)));
}

/**
 * The public key of a whole ID message, not yet checked as a key; undefined when it is malformed.
 * Extensions are `type u16 || <u16>` each and ignored.
 */
export function decodeIdentity(message: Uint8Array): Uint8Array | undefined {
  const reader = bodyReader(message);
  const publicKey = reader.bytes(KEY_BYTES).slice();
  if (reader.u16() !== reader.remaining) return undefined;
  while (reader.remaining > 0) {
    reader.u16();
    reader.skip(reader.u16());
  }
  return reader.done ? publicKey : undefined;
}

/** Encodes AUTH. @param signature 64 bytes */
export function encodeAuth(signature: Uint8Array): Uint8Array {
  return encodeMessage(MessageType.Auth, signature);
}

/** The signature of a whole AUTH message; undefined when it is malformed. */
export function decodeAuth(message: Uint8Array): Uint8Array | undefined {
  return decodeFixed(message, SIGNATURE_BYTES);
}

/** Encodes FIN. @param mac 32 bytes */
export function encodeFinished(mac: Uint8Array): Uint8Array {
  return encodeMessage(MessageType.Finished, mac);
}

/** The MAC of a whole FIN message; undefined when it is malformed. */
export function decodeFinished(message: Uint8Array): Uint8Array | undefined {
  return decodeFixed(message, KEY_BYTES);
}

function decodeFixed(message: Uint8Array, bytes: number): Uint8Array | undefined {
  const reader = bodyReader(message);
  const body = reader.bytes(bytes).slice();
  return reader.done ? body : undefined;
}
