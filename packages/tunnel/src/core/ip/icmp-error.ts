import { findTransport, isLaterFragment, offsetOf, protocolOf } from './find-transport.js';
import {
  fold,
  IP4_MIN_BYTES,
  IP6_BYTES,
  Ip4,
  Ip6,
  PARTIAL_CHECKSUM,
  PROTOCOL_ICMP,
  PROTOCOL_ICMP6,
  setU16,
  setU32,
  wordSum,
} from './packet-fields.js';

/** How much of the packet is quoted: RFC 1812 4.3.2.3 and RFC 4443 2.4. */
const MAX_ERROR4_BYTES = 576;
const MAX_ERROR6_BYTES = 1_280;
const ICMP_HEADER_BYTES = 8;
const HOP_LIMIT = 64;
const DONT_FRAGMENT = 0x4000;
/** Types of ICMP that are no errors: echo, echo reply, timestamps and their like. */
const ICMP_QUERIES: ReadonlySet<number> = new Set([0, 8, 13, 14, 15, 16, 17, 18]);
/** All types of ICMPv6 from here on are no errors; but redirects are not answered either. */
const FIRST_ICMP6_QUERY = 128;
const ICMP6_REDIRECT = 137;

/** What an error says. */
export interface IcmpError {
  readonly type: number;
  readonly code: number;
  /** The second half of the ICMP header: 32 bits. */
  readonly rest: number;
  /** Who says it, 4 or 16 bytes; undefined for the packet's destination. */
  readonly from: Uint8Array | undefined;
}

/**
 * Whether the sender of the packet `bytes[start, end)` may be told of an error (RFC 1122 3.2.2,
 * RFC 4443 2.4): not of one about errors, pieces but the first, groups and broadcasts, and not who
 * is no single host.
 */
export function mayAnswer(bytes: Uint8Array, start: number, end: number): boolean {
  const found = findTransport(bytes, start, end);
  if (found === 0 || isLaterFragment(found)) return false;
  const protocol = protocolOf(found);
  const at = start + offsetOf(found);
  // A message without its type might be an error.
  const type = at < end ? bytes[at]! : -1;
  if (((bytes[start]! >> 4) & 7) === 4) {
    if (protocol === PROTOCOL_ICMP && !ICMP_QUERIES.has(type)) return false;
    const source = start + Ip4.source;
    return !isUnanswerable4(bytes, source) && !isUnanswerable4(bytes, source + 4);
  }
  const isQuery = type >= FIRST_ICMP6_QUERY && type !== ICMP6_REDIRECT;
  if (protocol === PROTOCOL_ICMP6 && !isQuery) return false;
  return !isUnanswerable6(bytes, start + Ip6.source) && bytes[start + Ip6.source + 16] !== 0xff;
}

/**
 * Writes an ICMP or ICMPv6 error about the packet `bytes[start, end)`, which it quotes.
 *
 * @param out at least 1,280 bytes
 * @returns its length, 0 when `from` is an address of the other version
 */
export function writeIcmpError(
  out: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  error: IcmpError,
): number {
  const isV6 = ((bytes[start]! >> 4) & 7) === 6;
  const addressBytes = isV6 ? 16 : 4;
  if (error.from !== undefined && error.from.length !== addressBytes) return 0;
  const icmp = isV6 ? IP6_BYTES : IP4_MIN_BYTES;
  const quote = icmp + ICMP_HEADER_BYTES;
  const quoted = Math.min(end - start, (isV6 ? MAX_ERROR6_BYTES : MAX_ERROR4_BYTES) - quote);
  const length = quote + quoted;
  out.fill(0, 0, quote);
  const source = isV6 ? Ip6.source : Ip4.source;
  const asked = start + source;
  out.set(error.from ?? bytes.subarray(asked + addressBytes, asked + 2 * addressBytes), source);
  out.set(bytes.subarray(asked, asked + addressBytes), source + addressBytes);
  out[icmp] = error.type;
  out[icmp + 1] = error.code;
  setU32(out, icmp + 4, error.rest);
  out.set(bytes.subarray(start, start + quoted), quote);
  out[quote]! &= ~PARTIAL_CHECKSUM;
  if (isV6) finish6(out, length);
  else finish4(out, length);
  return length;
}

function finish4(out: Uint8Array, length: number): void {
  out[0] = 0x45;
  setU16(out, Ip4.length, length);
  // It is never cut, so that it needs no identification of its own (RFC 6864).
  setU16(out, Ip4.fragment, DONT_FRAGMENT);
  out[Ip4.ttl] = HOP_LIMIT;
  out[Ip4.protocol] = PROTOCOL_ICMP;
  setU16(out, Ip4.checksum, ~fold(wordSum(out, 0, IP4_MIN_BYTES)));
  setU16(out, IP4_MIN_BYTES + 2, ~fold(wordSum(out, IP4_MIN_BYTES, length)));
}

function finish6(out: Uint8Array, length: number): void {
  out[0] = 0x60;
  setU16(out, Ip6.length, length - IP6_BYTES);
  out[Ip6.nextHeader] = PROTOCOL_ICMP6;
  out[Ip6.hopLimit] = HOP_LIMIT;
  const pseudo = wordSum(out, Ip6.source, IP6_BYTES) + PROTOCOL_ICMP6 + length - IP6_BYTES;
  setU16(out, IP6_BYTES + 2, ~fold(pseudo + wordSum(out, IP6_BYTES, length)));
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
