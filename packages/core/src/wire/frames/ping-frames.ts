import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import type { Writer } from '../writer.js';

/** The most bytes a PING or PONG frame takes. */
export const PING_MAX_BYTES = 9;

/** A decoded PING or PONG frame (SPEC 6.7). */
export class PingFrame {
  /** What PONG returns. */
  id = 0;
}

/** Writes a PING frame. @param id 0 to 2^53 - 1 */
export function encodePing(w: Writer, id: number): void {
  w.u8(FrameType.PING);
  w.varint(id);
}

/** Writes a PONG frame. @param id that of the PING */
export function encodePong(w: Writer, id: number): void {
  w.u8(FrameType.PONG);
  w.varint(id);
}

/** Reads a PING or PONG frame behind its type; false when it is malformed. */
export function decodePing(r: Reader, out: PingFrame): boolean {
  out.id = r.varint();
  return !r.failed;
}
