import { CONNECTION_ID_BYTES } from './configuration.js';

const LONG_HEADER = 0x80;
const LONG_ID_LENGTH_AT = 5;
const MAX_ID_BYTES = 20;

/** A connection id as a key of a map. */
export function keyOf(id: Uint8Array): string {
  return Buffer.from(id.buffer, id.byteOffset, id.length).toString('latin1');
}

/**
 * The key of the connection id that a packet is written to (RFC 9000, 17.2 and 17.3); undefined
 * when it is too short to have one.
 */
export function destinationOf(packet: Buffer): string | undefined {
  if (packet.length < 1 + CONNECTION_ID_BYTES) return undefined;
  if (!isLong(packet)) return packet.toString('latin1', 1, 1 + CONNECTION_ID_BYTES);
  const length = packet[LONG_ID_LENGTH_AT] as number;
  const end = LONG_ID_LENGTH_AT + 1 + length;
  if (length > MAX_ID_BYTES || end > packet.length) return undefined;
  return packet.toString('latin1', LONG_ID_LENGTH_AT + 1, end);
}

/** Whether a packet may begin a connection or belong to a handshake. */
export function isLong(packet: Uint8Array): boolean {
  return ((packet[0] as number) & LONG_HEADER) !== 0;
}
