import { FrameType, MAX_PATH_ID } from '../frame-types.js';
import { PACKET_NUMBER_LIMIT } from '../packet-number.js';
import type { Reader } from '../reader.js';
import { varintLength, type Writer } from '../writer.js';

/** The most ranges an ACK frame may name (SPEC 6.2). */
export const MAX_ACK_RANGES = 64;

/** The unit of the delay field is 8 microseconds. */
const DELAY_UNITS_PER_MS = 125;

/** Ranges of packet numbers to acknowledge; both ends are inclusive, range 0 is the highest. */
export interface AckRangesLike {
  readonly count: number;
  /** The lowest packet number of range `index`. */
  start(index: number): number;
  /** The highest packet number of range `index`. */
  end(index: number): number;
}

/** A decoded ACK frame; one object serves for all frames. */
export class AckBlock {
  /** The path whose packet numbers these are. */
  pathId = 0;
  /** How many of {@link starts} and {@link ends} count, 1 to 64. */
  count = 0;
  /** The lowest packet number of each range, highest range first. */
  readonly starts: Float64Array = new Float64Array(MAX_ACK_RANGES);
  /** The highest packet number of each range (inclusive), highest range first. */
  readonly ends: Float64Array = new Float64Array(MAX_ACK_RANGES);
  /** How long the peer held back the acknowledgement of the largest number, in milliseconds. */
  delayMs = 0;
}

/**
 * Writes an ACK frame (SPEC 6.2). When not all ranges fit, or there are more than 64, the lowest are
 * left out.
 *
 * @param ranges disjoint, not adjacent, highest first; end of range 0 is below 2^48
 * @param delayMs rounded to 8 microseconds; below 0 counts as 0
 * @param maxBytes the most the frame may take, type included
 * @returns false, with nothing written, when there is no range or not even the first fits
 */
export function encodeAck(
  w: Writer,
  pathId: number,
  ranges: AckRangesLike,
  delayMs: number,
  maxBytes: number,
): boolean {
  if (ranges.count === 0) return false;
  const largest = ranges.end(0);
  const delay = Math.round(Math.max(0, delayMs) * DELAY_UNITS_PER_MS);
  const fixed = 2 + varintLength(pathId) + varintLength(largest) + varintLength(delay);
  const count = countFitting(ranges, Math.min(maxBytes, w.remaining) - fixed);
  if (count === 0) return false;
  w.u8(FrameType.ACK);
  w.varint(pathId);
  w.varint(largest);
  w.varint(delay);
  w.varint(count - 1);
  w.varint(largest - ranges.start(0));
  for (let i = 1; i < count; i++) {
    w.varint(gapBefore(ranges, i));
    w.varint(ranges.end(i) - ranges.start(i));
  }
  return true;
}

/**
 * Reads an ACK frame behind its type.
 *
 * @returns false when it is malformed: a field missing, more than 64 ranges, a range that goes below
 *   0, a packet number of 2^48 or more. `out` is then undefined in content.
 */
export function decodeAck(r: Reader, out: AckBlock): boolean {
  out.pathId = r.varint();
  let end = r.varint();
  out.delayMs = r.varint() / DELAY_UNITS_PER_MS;
  const further = r.varint();
  if (out.pathId > MAX_PATH_ID || end >= PACKET_NUMBER_LIMIT) return false;
  if (further >= MAX_ACK_RANGES) return false;
  let start = end - r.varint();
  for (let i = 0; ; i++) {
    if (r.failed || start < 0) return false;
    out.starts[i] = start;
    out.ends[i] = end;
    if (i === further) break;
    end = start - r.varint() - 2;
    start = end - r.varint();
  }
  out.count = further + 1;
  return true;
}

/** How many ranges, from the highest on, `bytes` hold. The count itself always takes one byte. */
function countFitting(ranges: AckRangesLike, bytes: number): number {
  const most = Math.min(ranges.count, MAX_ACK_RANGES);
  let left = bytes;
  for (let i = 0; i < most; i++) {
    left -= varintLength(ranges.end(i) - ranges.start(i));
    if (i > 0) left -= varintLength(gapBefore(ranges, i));
    if (left < 0) return i;
  }
  return most;
}

/** The gap field of a range: the numbers missing above it, less one (RFC 9000 section 19.3.1). */
function gapBefore(ranges: AckRangesLike, index: number): number {
  return ranges.start(index - 1) - ranges.end(index) - 2;
}
