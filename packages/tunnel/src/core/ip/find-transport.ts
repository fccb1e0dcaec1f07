import { IP4_MIN_BYTES, IP6_BYTES, Ip4, Ip6, u16 } from './packet-fields.js';

/** Extension headers of IPv6 (RFC 8200 4, RFC 4302, 6275, 7401, 5533). */
const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;

/** Each is at least this long; the fragment header is no longer. */
const MIN_EXTENSION_BYTES = 8;
/** More than any system sends: what comes with more is left unread, so that it costs nothing. */
const MAX_EXTENSIONS = 8;

const FRAGMENT_OFFSET4 = 0x1fff;
const MORE_FRAGMENTS4 = 0x2000;
const FRAGMENT_OFFSET6 = 0xfff8;
const MORE_FRAGMENTS6 = 1;

/** What {@link findTransport} says beside offset and protocol. */
const IS_FRAGMENT = 1 << 24;
const IS_LATER_FRAGMENT = 1 << 25;
const IS_SOURCE_ROUTED = 1 << 26;

/**
 * Finds what an IP packet carries, behind the options of IPv4 and up to 8 extension headers of IPv6.
 * Bit 7 of the first byte is no part of the version (SPEC 14.1).
 *
 * @param end where the packet ends by its header's length, or the bytes end if that is earlier
 * @returns one number for {@link offsetOf}, {@link protocolOf}, {@link isFragment} and their like; 0
 *   when there is no whole IP header
 */
export function findTransport(bytes: Uint8Array, start: number, end: number): number {
  const version = end > start ? (bytes[start]! >> 4) & 7 : 0;
  if (version === 4) return findTransport4(bytes, start, end);
  return version === 6 ? findTransport6(bytes, start, end) : 0;
}

/** Bytes from the packet's first to the transport header's, or to what a later fragment carries. */
export function offsetOf(found: number): number {
  return found & 0xffff;
}

/** The protocol of what stands there; the type of an extension header that could not be read. */
export function protocolOf(found: number): number {
  return (found >>> 16) & 0xff;
}

/** Whether the packet is a piece of a longer one. */
export function isFragment(found: number): boolean {
  return (found & IS_FRAGMENT) !== 0;
}

/** Whether it is a piece that is not the first: it begins with no transport header. */
export function isLaterFragment(found: number): boolean {
  return (found & IS_LATER_FRAGMENT) !== 0;
}

/** Whether it is on a detour: its destination address is not the one its checksum counts. */
export function isSourceRouted(found: number): boolean {
  return (found & IS_SOURCE_ROUTED) !== 0;
}

/**
 * How long the extension header of type `type` at `at` is, in bytes.
 *
 * @returns 0 when the type is none of those, or it goes on behind `end`
 */
function extensionBytes(bytes: Uint8Array, at: number, end: number, type: number): number {
  if (at + MIN_EXTENSION_BYTES > end) return 0;
  const length = lengthOf(type, bytes[at + 1]!);
  return at + length <= end ? length : 0;
}

/** Where the fragment header of an IPv6 packet stands in `bytes`, or -1. */
export function findFragmentHeader(bytes: Uint8Array, start: number, end: number): number {
  let type = bytes[start + Ip6.nextHeader]!;
  let at = start + IP6_BYTES;
  for (let count = 0; count < MAX_EXTENSIONS; count++) {
    const length = extensionBytes(bytes, at, end, type);
    if (length === 0) return -1;
    if (type === FRAGMENT) return at;
    type = bytes[at]!;
    at += length;
  }
  return -1;
}

function findTransport4(bytes: Uint8Array, start: number, end: number): number {
  const headerBytes = (bytes[start]! & 15) << 2;
  if (headerBytes < IP4_MIN_BYTES || headerBytes > end - start) return 0;
  const field = u16(bytes, start + Ip4.fragment);
  const flags = fragmentFlags(field & FRAGMENT_OFFSET4, field & MORE_FRAGMENTS4);
  return pack(headerBytes, bytes[start + Ip4.protocol]!, flags);
}

function findTransport6(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < IP6_BYTES) return 0;
  let type = bytes[start + Ip6.nextHeader]!;
  let at = start + IP6_BYTES;
  let flags = 0;
  for (let count = 0; count < MAX_EXTENSIONS; count++) {
    const length = extensionBytes(bytes, at, end, type);
    if (length === 0) break;
    if (type === FRAGMENT) {
      const field = u16(bytes, at + 2);
      flags |= fragmentFlags(field & FRAGMENT_OFFSET6, field & MORE_FRAGMENTS6);
    }
    if (type === ROUTING && bytes[at + 3] !== 0) flags |= IS_SOURCE_ROUTED;
    type = bytes[at]!;
    at += length;
    if ((flags & IS_LATER_FRAGMENT) !== 0) break;
  }
  return pack(at - start, type, flags);
}

function pack(offset: number, protocol: number, flags: number): number {
  return flags | (protocol << 16) | offset;
}

function fragmentFlags(offset: number, more: number): number {
  if (offset !== 0) return IS_FRAGMENT | IS_LATER_FRAGMENT;
  return more === 0 ? 0 : IS_FRAGMENT;
}

/** @param field the byte for its length. @returns 0 for types that are no extension headers */
function lengthOf(type: number, field: number): number {
  switch (type) {
    case HOP_BY_HOP:
    case ROUTING:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HOST_IDENTITY:
    case SHIM6:
      return (field + 1) << 3;
    case FRAGMENT:
      return MIN_EXTENSION_BYTES;
    case AUTHENTICATION:
      return (field + 2) << 2;
    default:
      return 0;
  }
}
