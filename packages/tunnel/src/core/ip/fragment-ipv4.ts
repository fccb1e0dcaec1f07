import { fold, IP4_MIN_BYTES, Ip4, setU16, u16, wordSum } from './packet-fields.js';

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_BITS = 0x1fff;
/** The header's field counts to 8,191 in units of 8 bytes. */
const MAX_OFFSET = 0x1fff;
/** Bit 7 of an option's kind: it stands in every fragment (RFC 791 3.1). */
const COPIED = 0x80;
const OPTION_END = 0;
const OPTION_NOP = 1;
/** Kind and length. */
const MIN_OPTION_BYTES = 2;

/**
 * Cuts an IPv4 packet that may be cut into pieces of at most `mtu` bytes (RFC 791 3.2). Its transport
 * checksum must be complete. Bytes behind its length by the header are left out.
 *
 * @param piece called for each with its bytes, which are its own
 * @returns false when it may not, or cannot, be cut: then there were no pieces
 */
export function fragmentIpv4(
  bytes: Uint8Array,
  start: number,
  end: number,
  mtu: number,
  piece: (packet: Uint8Array) => void,
): boolean {
  const first = bytes[start]!;
  const headerBytes = (first & 15) << 2;
  if (first >> 4 !== 4 || headerBytes < IP4_MIN_BYTES || start + headerBytes > end) return false;
  const fragment = u16(bytes, start + Ip4.fragment);
  const perPiece = (mtu - headerBytes) & ~7;
  if ((fragment & DONT_FRAGMENT) !== 0 || perPiece <= 0) return false;
  const payloadBytes = Math.min(end - start, u16(bytes, start + Ip4.length)) - headerBytes;
  const lastOffset = (fragment & OFFSET_BITS) + Math.floor((payloadBytes - 1) / 8);
  if (payloadBytes <= 0 || lastOffset > MAX_OFFSET) return false;
  const later = laterHeader(bytes.subarray(start, start + headerBytes));
  for (let offset = 0; offset < payloadBytes; offset += perPiece) {
    const length = Math.min(perPiece, payloadBytes - offset);
    const header = offset === 0 ? bytes.subarray(start, start + headerBytes) : later;
    const packet = new Uint8Array(header.length + length);
    packet.set(header);
    const from = start + headerBytes + offset;
    packet.set(bytes.subarray(from, from + length), header.length);
    const isLast = offset + length === payloadBytes && (fragment & MORE_FRAGMENTS) === 0;
    finish(packet, header.length, (fragment & OFFSET_BITS) + offset / 8, isLast);
    piece(packet);
  }
  return true;
}

function finish(packet: Uint8Array, headerBytes: number, offset: number, isLast: boolean): void {
  setU16(packet, Ip4.length, packet.length);
  setU16(packet, Ip4.fragment, (isLast ? 0 : MORE_FRAGMENTS) | offset);
  setU16(packet, Ip4.checksum, 0);
  setU16(packet, Ip4.checksum, ~fold(wordSum(packet, 0, headerBytes)));
}

/** The header of all pieces but the first: with those options only that are to be copied. */
function laterHeader(header: Uint8Array): Uint8Array {
  const kept: number[] = [];
  for (let at = IP4_MIN_BYTES; at < header.length; ) {
    const kind = header[at]!;
    if (kind === OPTION_END) break;
    const length = kind === OPTION_NOP ? 1 : (header[at + 1] ?? 0);
    const isSound = kind === OPTION_NOP || length >= MIN_OPTION_BYTES;
    if (!isSound || at + length > header.length) break;
    if ((kind & COPIED) !== 0) kept.push(...header.subarray(at, at + length));
    at += length;
  }
  while (kept.length % 4 !== 0) kept.push(OPTION_END);
  const later = new Uint8Array(IP4_MIN_BYTES + kept.length);
  later.set(header.subarray(0, IP4_MIN_BYTES));
  later.set(kept, IP4_MIN_BYTES);
  later[0] = 0x40 | (later.length >> 2);
  return later;
}
