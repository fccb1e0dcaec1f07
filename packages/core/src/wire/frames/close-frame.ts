import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import { utf8Decode, utf8Encode } from '../utf8.js';
import type { Writer } from '../writer.js';

/** The longest reason, in bytes of UTF-8 (SPEC 6). */
const MAX_REASON_BYTES = 128;
/** The most bytes a CLOSE frame takes. */
export const CLOSE_MAX_BYTES: number = 1 + 2 + 8 + 4 + 2 + MAX_REASON_BYTES;

/** A decoded CLOSE frame. */
export class CloseFrame {
  /** A close code (SPEC 9.2); a number without a name is accepted, since the session ends anyway. */
  code = 0;
  /** The type of the frame that was at fault, 0 for none. */
  frameType = 0;
  /** The application's own code, 0 to 2^32 - 1; meant with code APPLICATION. */
  applicationCode = 0;
  /** Text for people, not for programs. */
  reason = '';
}

/**
 * Writes a CLOSE frame.
 *
 * @param reason cut to 128 bytes of UTF-8 after a whole character
 */
export function encodeClose(
  w: Writer,
  code: number,
  frameType: number,
  applicationCode: number,
  reason: string,
): void {
  const text = utf8Encode(reason, MAX_REASON_BYTES);
  w.u8(FrameType.CLOSE);
  w.u16(code);
  w.varint(frameType);
  w.u32(applicationCode);
  w.varint(text.length);
  w.bytes(text);
}

/**
 * Reads a CLOSE frame behind its type.
 *
 * @returns false when a field is missing, the reason longer than 128 bytes or not UTF-8
 */
export function decodeClose(r: Reader, out: CloseFrame): boolean {
  out.code = r.u16();
  out.frameType = r.varint();
  out.applicationCode = r.u32();
  const reason = utf8Decode(r.varbytes(MAX_REASON_BYTES));
  if (r.failed || reason === undefined) return false;
  out.reason = reason;
  return true;
}
