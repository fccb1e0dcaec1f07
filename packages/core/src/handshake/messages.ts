import { Reader } from '../wire/reader.js';
import { Writer } from '../wire/writer.js';

/** Types of handshake messages (SPEC 4.1). */
export const MessageType = {
  ClientHello: 1,
  ServerHello: 2,
  Cookie: 3,
  Identity: 4,
  Auth: 5,
  Finished: 6,
  Sealed: 7,
} as const;
/** One of the {@link MessageType} values. */
export type MessageType = (typeof MessageType)[keyof typeof MessageType];

/** Bytes of `type u8 || length u16`. */
const MESSAGE_HEADER_BYTES = 3;

/** @returns a whole message: header and body (SPEC 4.1) */
export function encodeMessage(type: MessageType, body: Uint8Array): Uint8Array {
  const message = new Uint8Array(MESSAGE_HEADER_BYTES + body.length);
  const writer = new Writer().reset(message, 0, message.length);
  writer.u8(type);
  writer.u16(body.length);
  writer.bytes(body);
  return message;
}

/** Takes a whole message of that type; a copy, or undefined when something else follows. */
export function takeMessage(reader: Reader, type: MessageType): Uint8Array | undefined {
  const bytes = reader.bytes(MESSAGE_HEADER_BYTES);
  if (reader.failed || bytes[0] !== type) return undefined;
  const length = bytes[1]! * 0x100 + bytes[2]!;
  const body = reader.bytes(length);
  return reader.failed ? undefined : encodeMessage(type, body);
}

/** A reader over the body of a message that {@link takeMessage} gave. */
export function bodyReader(message: Uint8Array): Reader {
  return new Reader().reset(message, MESSAGE_HEADER_BYTES, message.length);
}

/** The body of a message that {@link takeMessage} gave, as a view. */
export function bodyOf(message: Uint8Array): Uint8Array {
  return message.subarray(MESSAGE_HEADER_BYTES);
}
