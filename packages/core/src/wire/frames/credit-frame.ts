import { FrameType, MAX_LANE } from '../frame-types.js';
import type { Reader } from '../reader.js';
import type { Writer } from '../writer.js';

/** The most bytes a CREDIT or BLOCKED frame takes. */
export const CREDIT_MAX_BYTES = 18;

/** A decoded CREDIT or BLOCKED frame (SPEC 6.4): totals since the start of the lane. */
export class CreditFrame {
  /** 0 is R, 1 is L. */
  lane = 0;
  /** Bytes of messages. */
  bytes = 0;
  /** Number of messages. */
  messages = 0;
}

/** Writes a CREDIT frame: the totals that may be sent in the lane since its start. */
export function encodeCredit(w: Writer, lane: number, bytes: number, messages: number): void {
  w.u8(FrameType.CREDIT);
  encodeTotals(w, lane, bytes, messages);
}

/** Writes a BLOCKED frame: the totals at which the sender of the lane has to wait. */
export function encodeBlocked(w: Writer, lane: number, bytes: number, messages: number): void {
  w.u8(FrameType.BLOCKED);
  encodeTotals(w, lane, bytes, messages);
}

/** Reads a CREDIT or a BLOCKED frame behind its type; false when it is malformed. */
export function decodeCredit(r: Reader, out: CreditFrame): boolean {
  out.lane = r.u8();
  out.bytes = r.varint();
  out.messages = r.varint();
  return !r.failed && out.lane <= MAX_LANE;
}

function encodeTotals(w: Writer, lane: number, bytes: number, messages: number): void {
  w.u8(lane);
  w.varint(bytes);
  w.varint(messages);
}
