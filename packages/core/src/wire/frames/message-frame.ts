import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import { varintLength, type Writer } from '../writer.js';

const EMPTY = new Uint8Array(0);

/** The flags in the low bits of a MESSAGE type (SPEC 6.1). */
const LANE = 0x01;
const WHOLE = 0x02;
const LENGTH = 0x04;
const TYPED = 0x08;
const FIRST = 0x10;

/** A decoded MESSAGE frame; one object serves for all frames. */
export class MessageFrame {
  /** 0 is R, 1 is L. */
  lane = 0;
  /** Whether the frame is the whole message. */
  whole = false;
  /** Whether this is the first piece of a longer message. */
  first = false;
  /** The low 16 bits of the message number. */
  n16 = 0;
  /** The application's number for the message; 0 when the frame is a later piece. */
  kind = 0;
  /** Where {@link data} stands in the message, in bytes. */
  offset = 0;
  /** Length of the message in bytes; 0 when the frame is a later piece and does not name it. */
  total = 0;
  /** The bytes, as a view into the datagram. */
  data: Uint8Array = EMPTY;
}

/**
 * Reads a MESSAGE frame behind its type.
 *
 * @param type the type read, 0x20 to 0x3f
 * @returns false when it is malformed: a field missing, a whole message that claims to be the first
 *   piece, a first piece that is the whole message, a later piece at offset 0 or with a kind
 */
export function decodeMessage(r: Reader, type: number, out: MessageFrame): boolean {
  const whole = (type & WHOLE) !== 0;
  const first = (type & FIRST) !== 0;
  const typed = (type & TYPED) !== 0;
  const later = !whole && !first;
  if ((whole && first) || (later && typed)) return false;
  out.lane = type & LANE;
  out.whole = whole;
  out.first = first;
  out.n16 = r.u16();
  out.kind = typed ? r.u16() : 0;
  out.offset = later ? r.varint() : 0;
  out.total = first ? r.varint() : 0;
  const length = (type & LENGTH) !== 0 ? r.varint() : r.remaining;
  out.data = r.bytes(length);
  if (r.failed) return false;
  if (whole) out.total = length;
  if (first) return length < out.total;
  return whole || (out.offset > 0 && out.offset + length <= Number.MAX_SAFE_INTEGER);
}

/**
 * How many bytes a MESSAGE frame takes beyond those of the message; see {@link encodeMessage}.
 *
 * @param typed whether the kind travels: only at offset 0, and only when it is not 0
 * @param offset of the piece; counts unless `whole` or `first`
 * @param total length of the message; counts when `first`
 * @param length of the piece; counts when `withLength`
 */
export function messageOverhead(
  whole: boolean,
  first: boolean,
  typed: boolean,
  withLength: boolean,
  offset: number,
  total: number,
  length: number,
): number {
  let bytes = 3;
  if (typed) bytes += 2;
  if (first) bytes += varintLength(total);
  else if (!whole) bytes += varintLength(offset);
  return withLength ? bytes + varintLength(length) : bytes;
}

/** Writes what stands before the bytes of a whole message without a kind, the last frame of its record. */
export function encodeWholeHead(w: Writer, lane: number, n: number): void {
  w.u8(FrameType.MESSAGE_MIN | lane | WHOLE);
  w.u16(n & 0xffff);
}

/**
 * Writes a MESSAGE frame with the bytes `payload[from, to)`, which stand at `offset` in the message.
 * It is *whole* when they are all of the message, *first* when they start it and more follow. Where
 * `payload` is the message itself, `offset` equals `from`.
 *
 * @param n the message number; its low 16 bits travel
 * @param kind the application's number for the message; travels at offset 0 when it is not 0
 * @param total length of the message in bytes
 * @param withLength false only for the last frame of a record
 */
export function encodeMessage(
  w: Writer,
  lane: number,
  n: number,
  kind: number,
  offset: number,
  total: number,
  payload: Uint8Array,
  from: number,
  to: number,
  withLength: boolean,
): void {
  const length = to - from;
  if (offset + length > total) {
    throw new RangeError(`a piece up to ${offset + length} is beyond a message of ${total} bytes`);
  }
  const whole = length === total;
  const first = offset === 0 && !whole;
  const typed = offset === 0 && kind !== 0;
  w.u8(
    FrameType.MESSAGE_MIN |
      lane |
      (whole ? WHOLE : 0) |
      (withLength ? LENGTH : 0) |
      (typed ? TYPED : 0) |
      (first ? FIRST : 0),
  );
  w.u16(n & 0xffff);
  if (typed) w.u16(kind);
  if (first) w.varint(total);
  else if (!whole) w.varint(offset);
  if (withLength) w.varint(length);
  w.slice(payload, from, to);
}
