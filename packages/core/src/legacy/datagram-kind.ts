import { readU32le } from '../crypto/bytes.js';
import { LEGACY_HELLO_BYTES } from './handshake-message.js';
import { LEGACY_PACKET_OVERHEAD, LEGACY_VERSION } from './packet.js';

/** What a datagram may be, by its length and its first bytes. */
export type LegacyDatagramKind = 'client-hello' | 'server-hello' | 'packet' | 'junk';

/**
 * Tells handshake messages and packets apart, which the wire itself does not: a hello has 36 bytes,
 * a packet at least 173 and the version in front.
 */
export function legacyDatagramKind(bytes: Uint8Array): LegacyDatagramKind {
  if (bytes.length === LEGACY_HELLO_BYTES) {
    const variant = readU32le(bytes, 0);
    if (variant === 0) return 'client-hello';
    return variant === 1 ? 'server-hello' : 'junk';
  }
  const isPacket = bytes.length >= LEGACY_PACKET_OVERHEAD && bytes[0] === LEGACY_VERSION;
  return isPacket ? 'packet' : 'junk';
}
