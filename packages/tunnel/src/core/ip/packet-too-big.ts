import {
  fold,
  IP4_MIN_BYTES,
  IP6_BYTES,
  Ip4,
  Ip6,
  PROTOCOL_ICMP,
  PROTOCOL_ICMP6,
  setU16,
  setU32,
  u16,
  wordSum,
} from './packet-fields.js';

/** How much of the packet is quoted: RFC 1812 4.3.2.3 and RFC 4443 2.4. */
const MAX_ERROR4_BYTES = 576;
const MAX_ERROR6_BYTES = 1_280;
const ICMP_HEADER_BYTES = 8;
const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
const OFFSET_BITS = 0x1fff;
const ICMP_UNREACHABLE = 3;
const ICMP_FRAGMENTATION_NEEDED = 4;
const ICMP6_PACKET_TOO_BIG = 2;
/** Types of ICMP that are no errors: echo, echo reply, and for IPv6 all from 128 on. */
const ICMP_QUERIES: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18]);
const FIRST_ICMP6_QUERY = 128;

/**
 * Writes what a router would answer to the packet in `bytes[start, end)`, which is longer than `mtu`:
 * ICMP "fragmentation needed" (RFC 1191) or ICMPv6 "packet too big" (RFC 8201), in the name of the
 * packet's destination. So TCP in the tunnel never waits for what cannot arrive.
 *
 * @param out at least 1,280 bytes
 * @returns its length, 0 when none is due: to fragments, errors, groups, and IPv4 that may be cut
 */
export function writePacketTooBig(
  out: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  mtu: number,
): number {
  const isV6 = bytes[start]! >> 4 === 6;
  return isV6 ? tooBig6(out, bytes, start, end, mtu) : tooBig4(out, bytes, start, end, mtu);
}

function tooBig4(out: Uint8Array, b: Uint8Array, start: number, end: number, mtu: number): number {
  const fragment = u16(b, start + Ip4.fragment);
  if ((fragment & DONT_FRAGMENT) === 0 || (fragment & OFFSET_BITS) !== 0) return 0;
  const headerBytes = (b[start]! & 15) << 2;
  const source = start + Ip4.source;
  if (isUnanswerable4(b, source) || isUnanswerable4(b, source + 4)) return 0;
  if (b[start + Ip4.protocol] === PROTOCOL_ICMP) {
    if (!ICMP_QUERIES.has(b[start + headerBytes] ?? 3)) return 0;
  }
  const icmp = IP4_MIN_BYTES;
  const quoted = Math.min(end - start, MAX_ERROR4_BYTES - icmp - ICMP_HEADER_BYTES);
  const length = icmp + ICMP_HEADER_BYTES + quoted;
  out.fill(0, 0, icmp + ICMP_HEADER_BYTES);
  out[0] = 0x45;
  setU16(out, Ip4.length, length);
  out[8] = HOP_LIMIT;
  out[Ip4.protocol] = PROTOCOL_ICMP;
  for (let i = 0; i < 4; i++) {
    out[Ip4.source + i] = b[source + 4 + i]!;
    out[Ip4.source + 4 + i] = b[source + i]!;
  }
  setU16(out, Ip4.checksum, ~fold(wordSum(out, 0, icmp)));
  out[icmp] = ICMP_UNREACHABLE;
  out[icmp + 1] = ICMP_FRAGMENTATION_NEEDED;
  setU16(out, icmp + 6, mtu);
  out.set(b.subarray(start, start + quoted), icmp + ICMP_HEADER_BYTES);
  setU16(out, icmp + 2, ~fold(wordSum(out, icmp, length)));
  return length;
}

function tooBig6(out: Uint8Array, b: Uint8Array, start: number, end: number, mtu: number): number {
  const source = start + Ip6.source;
  const next = b[start + Ip6.nextHeader];
  if (isUnanswerable6(b, source) || b[source + 16] === 0xff) return 0;
  if (next === PROTOCOL_ICMP6 && (b[start + IP6_BYTES] ?? 0) < FIRST_ICMP6_QUERY) return 0;
  const icmp = IP6_BYTES;
  const quoted = Math.min(end - start, MAX_ERROR6_BYTES - icmp - ICMP_HEADER_BYTES);
  const length = icmp + ICMP_HEADER_BYTES + quoted;
  out.fill(0, 0, icmp + ICMP_HEADER_BYTES);
  out[0] = 0x60;
  setU16(out, Ip6.length, length - icmp);
  out[Ip6.nextHeader] = PROTOCOL_ICMP6;
  out[7] = HOP_LIMIT;
  for (let i = 0; i < 16; i++) {
    out[Ip6.source + i] = b[source + 16 + i]!;
    out[Ip6.source + 16 + i] = b[source + i]!;
  }
  out[icmp] = ICMP6_PACKET_TOO_BIG;
  setU32(out, icmp + 4, mtu);
  out.set(b.subarray(start, start + quoted), icmp + ICMP_HEADER_BYTES);
  const pseudo = wordSum(out, Ip6.source, IP6_BYTES) + PROTOCOL_ICMP6 + length - icmp;
  setU16(out, icmp + 2, ~fold(pseudo + wordSum(out, icmp, length)));
  return length;
}

/** Unspecified, loopback, group and broadcast addresses are answered by nobody (RFC 1122 3.2.2). */
function isUnanswerable4(bytes: Uint8Array, at: number): boolean {
  const first = bytes[at]!;
  return first === 0 || first === 127 || first >= 224;
}

function isUnanswerable6(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === 0xff) return true;
  for (let i = 0; i < 15; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 15]! <= 1;
}
