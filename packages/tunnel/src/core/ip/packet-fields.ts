/** Offsets and bits of the headers that are read and changed (RFC 791, 8200, 9293, 768). */

export const PROTOCOL_ICMP = 1;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_UDP = 17;
export const PROTOCOL_ICMP6 = 58;

/** In an IPv4 header. */
export const Ip4 = {
  length: 2,
  id: 4,
  fragment: 6,
  ttl: 8,
  protocol: 9,
  checksum: 10,
  source: 12,
} as const;
export const IP4_MIN_BYTES = 20;

/** In an IPv6 header. */
export const Ip6 = { length: 4, nextHeader: 6, hopLimit: 7, source: 8 } as const;
export const IP6_BYTES = 40;

/** In a TCP header. */
export const Tcp = { sequence: 4, offset: 12, flags: 13, checksum: 16 } as const;
export const TCP_MIN_BYTES = 20;
/** In a UDP header. */
export const UDP_LENGTH = 4;
export const UDP_CHECKSUM = 6;
export const UDP_HEADER_BYTES = 8;

export const TCP_FIN = 0x01;
export const TCP_SYN = 0x02;
export const TCP_RST = 0x04;
export const TCP_PSH = 0x08;
export const TCP_ACK = 0x10;
export const TCP_CWR = 0x80;

/**
 * Bit 7 of a packet's first byte, on the wire of the tunnel: the TCP or UDP checksum is the sum of
 * the pseudo header only (SPEC 14.1). The version is in the bits below.
 */
export const PARTIAL_CHECKSUM = 0x80;

export function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function setU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function u32(bytes: Uint8Array, at: number): number {
  return (u16(bytes, at) * 0x10000 + u16(bytes, at + 2)) >>> 0;
}

export function setU32(bytes: Uint8Array, at: number, value: number): void {
  setU16(bytes, at, value >>> 16);
  setU16(bytes, at + 2, value);
}

/** From here on a view of 32-bit words costs less than it saves: the sum takes a third of the time. */
const LONG_BYTES = 512;
const BLOCK_BYTES = 16;

/**
 * A sum of `bytes[start, end)` whose {@link fold} is the ones' complement sum of its 16-bit words
 * (RFC 1071); below 2^46.
 */
export function wordSum(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  if (end - start >= LONG_BYTES) {
    const blocksEnd = end - ((end - start) % BLOCK_BYTES);
    sum = blockSum(bytes, start, blocksEnd);
    at = blocksEnd;
  }
  const even = end - ((end - start) & 1);
  for (; at < even; at += 2) sum += (bytes[at]! << 8) | bytes[at + 1]!;
  return even === end ? sum : sum + (bytes[even]! << 8);
}

/** Words of 32 bits count as well: 2^16 is 1 in ones' complement, so both halves go in alike. */
function blockSum(bytes: Uint8Array, start: number, end: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let sum = 0;
  for (let at = start; at < end; at += BLOCK_BYTES) {
    sum += view.getUint32(at) + view.getUint32(at + 4);
    sum += view.getUint32(at + 8) + view.getUint32(at + 12);
  }
  return sum;
}

/** A sum below 2^47 in 16 bits. */
export function fold(sum: number): number {
  let folded = (sum % 0x10000) + Math.floor(sum / 0x10000);
  while (folded > 0xffff) folded = (folded & 0xffff) + (folded >>> 16);
  return folded;
}
