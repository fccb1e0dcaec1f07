import {
  findTransport,
  isFragment,
  isSourceRouted,
  offsetOf,
  protocolOf,
} from './find-transport.js';
import {
  fold,
  Ip4,
  Ip6,
  PROTOCOL_ICMP,
  PROTOCOL_ICMP6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  setU16,
  TCP_MIN_BYTES,
  Tcp,
  UDP_CHECKSUM,
  UDP_HEADER_BYTES,
  UDP_LENGTH,
  u16,
  wordSum,
} from './packet-fields.js';

/**
 * The Internet checksum (RFC 1071) of `bytes[start, end)`, as it is to be stored in its field. Over
 * bytes with a right checksum in them it is 0.
 *
 * @param initial a sum to begin with, such as {@link pseudoHeaderSum}, below 2^46
 */
export function checksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  return ~fold(initial + wordSum(bytes, start, end)) & 0xffff;
}

/**
 * The sum of a packet's pseudo header (RFC 9293 3.1, RFC 8200 8.1): addresses, protocol and length.
 *
 * @param protocol of the transport header, such as 6 for TCP
 * @param transportBytes length of that header and what follows it
 * @returns 16 bits, not complemented: what stands in the field of a partial checksum
 */
export function pseudoHeaderSum(
  bytes: Uint8Array,
  start: number,
  protocol: number,
  transportBytes: number,
): number {
  const isV6 = ((bytes[start]! >> 4) & 7) === 6;
  const from = start + (isV6 ? Ip6.source : Ip4.source);
  return fold(wordSum(bytes, from, from + (isV6 ? 32 : 8)) + protocol + transportBytes);
}

/**
 * Turns the partial TCP or UDP checksum of the packet `bytes[start, end)`, which holds the sum of the
 * pseudo header, into a complete one. The mark in the packet's first byte stays as it is.
 *
 * @returns false when it has no such checksum: a fragment, another protocol, or too short
 */
export function completeChecksum(bytes: Uint8Array, start: number, end: number): boolean {
  const found = findTransport(bytes, start, end);
  const protocol = protocolOf(found);
  if (found === 0 || isFragment(found)) return false;
  const isUdp = protocol === PROTOCOL_UDP;
  if (!isUdp && protocol !== PROTOCOL_TCP) return false;
  const at = start + offsetOf(found);
  if (at + (isUdp ? UDP_HEADER_BYTES : TCP_MIN_BYTES) > end) return false;
  const sum = checksum(bytes, at, end);
  // In UDP, 0 says that there is no checksum (RFC 768).
  setU16(bytes, at + (isUdp ? UDP_CHECKSUM : Tcp.checksum), isUdp && sum === 0 ? 0xffff : sum);
  return true;
}

/**
 * Whether the checksum of TCP, UDP, ICMP or ICMPv6 in the whole packet `bytes[start, end)` is right.
 *
 * @returns undefined when nobody can tell: fragments, other protocols, headers that are not all
 *   there, UDP over IPv4 without one, and IPv6 on its way by a routing header
 */
export function verifyChecksum(bytes: Uint8Array, start: number, end: number): boolean | undefined {
  const found = findTransport(bytes, start, end);
  if (found === 0 || isFragment(found) || isSourceRouted(found)) return undefined;
  const at = start + offsetOf(found);
  const protocol = protocolOf(found);
  switch (protocol) {
    case PROTOCOL_TCP:
      return at + TCP_MIN_BYTES <= end ? isRight(bytes, start, at, end, protocol) : undefined;
    case PROTOCOL_UDP:
      return at + UDP_HEADER_BYTES <= end ? verifyUdp(bytes, start, at, end) : undefined;
    case PROTOCOL_ICMP:
      return at + ICMP_MIN_BYTES <= end ? checksum(bytes, at, end) === 0 : undefined;
    case PROTOCOL_ICMP6:
      return at + ICMP_MIN_BYTES <= end ? isRight(bytes, start, at, end, protocol) : undefined;
    default:
      return undefined;
  }
}

/** Type, code and checksum. */
const ICMP_MIN_BYTES = 4;

/** UDP has a length of its own, and its checksum may be absent over IPv4 (RFC 8200 8.1). */
function verifyUdp(b: Uint8Array, start: number, at: number, end: number): boolean | undefined {
  if (u16(b, at + UDP_CHECKSUM) === 0) return b[start]! >> 4 === 6 ? false : undefined;
  const length = u16(b, at + UDP_LENGTH);
  if (length < UDP_HEADER_BYTES || at + length > end) return false;
  return isRight(b, start, at, at + length, PROTOCOL_UDP);
}

function isRight(b: Uint8Array, start: number, at: number, end: number, protocol: number): boolean {
  return checksum(b, at, end, pseudoHeaderSum(b, start, protocol, end - at)) === 0;
}
