import { mayAnswer, writeIcmpError } from './icmp-error.js';

/** Why a packet goes nowhere. */
export const UnreachableReason = {
  /** Nobody is known who has the destination, or who has it is not there. */
  noRoute: 'noRoute',
  /** It would have been let through by nobody's rules. */
  prohibited: 'prohibited',
} as const;
/** Why a packet goes nowhere. */
export type UnreachableReason = (typeof UnreachableReason)[keyof typeof UnreachableReason];

const ICMP_UNREACHABLE = 3;
const ICMP6_UNREACHABLE = 1;
/** Host unreachable and communication administratively prohibited (RFC 1812 5.2.7.1). */
const CODES4 = { noRoute: 1, prohibited: 13 } as const;
/** No route to destination and communication administratively prohibited (RFC 4443 3.1). */
const CODES6 = { noRoute: 0, prohibited: 1 } as const;

/**
 * Writes what a router would answer to the packet in `bytes[start, end)` that it cannot pass on, so
 * that applications fail at once instead of waiting. How many a second leave is the caller's to bound.
 *
 * @param out at least 1,280 bytes
 * @param from who says it: 4 or 16 bytes, of the packet's version; the packet's destination otherwise
 * @returns its length, 0 when none is due: to later fragments, errors and groups
 */
export function writeUnreachable(
  out: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
  reason: UnreachableReason,
  from?: Uint8Array,
): number {
  if (!mayAnswer(bytes, start, end)) return 0;
  const isV6 = ((bytes[start]! >> 4) & 7) === 6;
  const [type, codes] = isV6 ? [ICMP6_UNREACHABLE, CODES6] : [ICMP_UNREACHABLE, CODES4];
  return writeIcmpError(out, bytes, start, end, { type, code: codes[reason], rest: 0, from });
}
