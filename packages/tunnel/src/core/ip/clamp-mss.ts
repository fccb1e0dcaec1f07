import { findTransport, isLaterFragment, offsetOf, protocolOf } from './find-transport.js';
import { fold, PROTOCOL_TCP, setU16, TCP_MIN_BYTES, TCP_SYN, Tcp, u16 } from './packet-fields.js';

const OPTION_END = 0;
const OPTION_NOP = 1;
const OPTION_MSS = 2;
const OPTION_MSS_BYTES = 4;

/**
 * Lowers the MSS option of a TCP SYN, so that neither side sends segments that the tunnel would have
 * to refuse; the checksum is kept right, complete or partial (RFC 1624). A SYN without the option is
 * left alone: its sender takes segments of 536 or 1,220 bytes (RFC 9293 3.7.1), which always fit.
 *
 * @param maxMss4 payload bytes of a segment that fits the tunnel, over IPv4
 * @param maxMss6 the same over IPv6
 * @param isPartial whether the checksum is the sum of the pseudo header only, without this option
 * @returns whether it was lowered
 */
export function clampMss(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxMss4: number,
  maxMss6: number,
  isPartial: boolean,
): boolean {
  const found = findTransport(bytes, start, end);
  // A fragment that is not the first has no TCP header.
  if (protocolOf(found) !== PROTOCOL_TCP || isLaterFragment(found)) return false;
  const tcp = start + offsetOf(found);
  if (tcp + TCP_MIN_BYTES > end || (bytes[tcp + Tcp.flags]! & TCP_SYN) === 0) return false;
  const optionsEnd = Math.min(end, tcp + ((bytes[tcp + Tcp.offset]! >> 4) << 2));
  const at = mssOption(bytes, tcp + TCP_MIN_BYTES, optionsEnd);
  const mss = at < 0 ? 0 : u16(bytes, at);
  const limit = ((bytes[start]! >> 4) & 7) === 6 ? maxMss6 : maxMss4;
  if (mss <= limit) return false;
  if (!isPartial) updateChecksum(bytes, tcp, at, mss, limit);
  setU16(bytes, at, limit);
  return true;
}

/** RFC 1624, equation 3. A value at an odd place counts with its bytes swapped. */
function updateChecksum(
  bytes: Uint8Array,
  tcp: number,
  at: number,
  from: number,
  to: number,
): void {
  const isOdd = ((at - tcp) & 1) !== 0;
  const old = isOdd ? swap(from) : from;
  const now = isOdd ? swap(to) : to;
  const sum = fold((~u16(bytes, tcp + Tcp.checksum) & 0xffff) + (~old & 0xffff) + now);
  setU16(bytes, tcp + Tcp.checksum, ~sum & 0xffff);
}

function swap(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}

/** Where the value of the MSS option stands, or -1. */
function mssOption(bytes: Uint8Array, from: number, end: number): number {
  for (let at = from; at < end; ) {
    const kind = bytes[at]!;
    if (kind === OPTION_END) return -1;
    if (kind === OPTION_NOP) {
      at++;
      continue;
    }
    const length = at + 1 < end ? bytes[at + 1]! : 0;
    if (length < 2 || at + length > end) return -1;
    if (kind === OPTION_MSS && length === OPTION_MSS_BYTES) return at + 2;
    at += length;
  }
  return -1;
}
