/** Packet numbers stay below this (SPEC 2.1). */
export const PACKET_NUMBER_LIMIT: number = 2 ** 48;

/**
 * The fewest bytes in which the receiver of `pn` still recovers it (RFC 9000 appendix A.2), 1 to 4.
 * Four bytes serve for fewer than 2^31 numbers in flight; a sender never has more.
 *
 * @param pn the packet number to send
 * @param largestAcked the largest number of that path the peer acknowledged, -1 for none
 */
export function packetNumberLength(pn: number, largestAcked: number): 1 | 2 | 3 | 4 {
  const unacked = pn - largestAcked;
  if (unacked <= 0x80) return 1;
  if (unacked <= 0x8000) return 2;
  return unacked <= 0x80_0000 ? 3 : 4;
}

/**
 * Recovers a packet number from its low bytes (RFC 9000 appendix A.3): the one nearest to the next
 * expected number.
 *
 * @param largest the largest authenticated packet number of the path, -1 for none
 * @param truncated the low bytes as a number
 * @param lengthBytes how many bytes travelled, 1 to 4
 * @returns a number from 0 to 2^48 - 1 when `largest` is in that range
 */
export function expandPacketNumber(
  largest: number,
  truncated: number,
  lengthBytes: number,
): number {
  const expected = largest + 1;
  const window = 2 ** (8 * lengthBytes);
  const half = window / 2;
  const candidate = expected - (expected % window) + truncated;
  if (candidate <= expected - half && candidate < PACKET_NUMBER_LIMIT - window) {
    return candidate + window;
  }
  if (candidate >= window && (candidate > expected + half || candidate >= PACKET_NUMBER_LIMIT)) {
    return candidate - window;
  }
  return candidate;
}
