import { IP4_MIN_BYTES, IP6_BYTES, Ip4, Ip6, u16 } from '../ip/packet-fields.js';

/**
 * How long the IP packet at `start` is by its own header, of which bit 7 of the first byte is no part
 * (SPEC 14.1).
 *
 * @returns 0 when it is no IP packet, or longer than what is there
 */
export function innerPacketBytes(bytes: Uint8Array, start: number, end: number): number {
  const left = end - start;
  const version = (bytes[start]! >> 4) & 7;
  if (version === 4 && left >= IP4_MIN_BYTES) {
    const headerBytes = (bytes[start]! & 15) << 2;
    const length = u16(bytes, start + Ip4.length);
    return headerBytes >= IP4_MIN_BYTES && length >= headerBytes && length <= left ? length : 0;
  }
  if (version !== 6 || left < IP6_BYTES) return 0;
  const length = IP6_BYTES + u16(bytes, start + Ip6.length);
  return length <= left ? length : 0;
}
