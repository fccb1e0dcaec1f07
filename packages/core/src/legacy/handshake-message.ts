import { BincodeReader, BincodeWriter } from './bincode.js';

/** A handshake message of the Rust crate. An `ack` is defined there, and never sent or accepted. */
export type LegacyHandshakeMessage =
  | { readonly kind: 'client-hello' | 'server-hello'; readonly publicKey: Uint8Array }
  | { readonly kind: 'ack' };

const CLIENT_HELLO = 0;
const SERVER_HELLO = 1;
const ACK = 2;
const VARIANT_BYTES = 4;
const KEY_BYTES = 32;
/** Bytes of a hello. */
export const LEGACY_HELLO_BYTES = 36;

/** @returns the datagram, byte for byte what the crate serializes: 36 bytes, or 4 for `ack` */
export function encodeLegacyHandshake(message: LegacyHandshakeMessage): Uint8Array {
  if (message.kind === 'ack') return new BincodeWriter(VARIANT_BYTES).u32(ACK).finish();
  return new BincodeWriter(LEGACY_HELLO_BYTES)
    .u32(message.kind === 'client-hello' ? CLIENT_HELLO : SERVER_HELLO)
    .array(message.publicKey)
    .finish();
}

/**
 * Takes exactly what the crate's own decoder takes, which ignores bytes that follow: every packet of
 * type Data with sequence 0 is an `ack` to it. {@link legacyDatagramKind} tells them apart.
 *
 * @param bytes a datagram; copied
 * @returns undefined when bytes are missing or the variant is unknown
 */
export function decodeLegacyHandshake(bytes: Uint8Array): LegacyHandshakeMessage | undefined {
  const reader = new BincodeReader(bytes);
  const variant = reader.u32();
  if (reader.failed) return undefined;
  if (variant === ACK) return { kind: 'ack' };
  if (variant > ACK) return undefined;
  const publicKey = reader.array(KEY_BYTES);
  if (reader.failed) return undefined;
  return { kind: variant === CLIENT_HELLO ? 'client-hello' : 'server-hello', publicKey };
}
