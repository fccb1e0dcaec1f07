import { mayAnswer, writeIcmpError } from './icmp-error.js';
import { Ip4, u16 } from './packet-fields.js';

const DONT_FRAGMENT = 0x4000;
const ICMP_UNREACHABLE = 3;
const ICMP_FRAGMENTATION_NEEDED = 4;
const ICMP6_PACKET_TOO_BIG = 2;

/**
 * Writes what a router would answer to the packet in `bytes[start, end)`, which is longer than `mtu`:
 * ICMP "fragmentation needed" (RFC 1191) or ICMPv6 "packet too big" (RFC 8201), in the name of the
 * packet's destination unless `from` is given. So TCP in the tunnel never waits for what cannot
 * arrive. How many a second leave is the caller's to bound (RFC 1812 4.3.2.8).
 *
 * @param out at least 1,280 bytes
 * @param from 4 or 16 bytes, of the packet's version
 * @returns its length, 0 when none is due: to fragments, errors, groups, and IPv4 that may be cut
 */
export function writePacketTooBig(
  out: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  mtu: number,
  from?: Uint8Array,
): number {
  if (!mayAnswer(bytes, start, end)) return 0;
  if (((bytes[start]! >> 4) & 7) === 6) {
    const error = { type: ICMP6_PACKET_TOO_BIG, code: 0, rest: mtu, from };
    return writeIcmpError(out, bytes, start, end, error);
  }
  if ((u16(bytes, start + Ip4.fragment) & DONT_FRAGMENT) === 0) return 0;
  const error = { type: ICMP_UNREACHABLE, code: ICMP_FRAGMENTATION_NEEDED, rest: mtu, from };
  return writeIcmpError(out, bytes, start, end, error);
}
