import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import type { Writer } from '../writer.js';

/** The most bytes a VERIFIED frame takes. */
export const VERIFIED_MAX_BYTES = 9;

/** A decoded VERIFIED frame (SPEC 6.6). */
export class VerifiedFrame {
  /** How many of our statements the peer has verified. */
  statements = 0;
}

/** Writes a VERIFIED frame. @param statements how many of the peer's statements are verified */
export function encodeVerified(w: Writer, statements: number): void {
  w.u8(FrameType.VERIFIED);
  w.varint(statements);
}

/** Reads a VERIFIED frame behind its type; false when it is malformed. */
export function decodeVerified(r: Reader, out: VerifiedFrame): boolean {
  out.statements = r.varint();
  return !r.failed;
}
