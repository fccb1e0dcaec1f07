import { FrameType } from '../frame-types.js';
import type { Writer } from '../writer.js';

/** Writes `count` PADDING frames of one byte each. */
export function encodePadding(w: Writer, count: number): void {
  w.zeros(count);
}

/** Writes a HANDSHAKE_DONE frame, which has no fields. */
export function encodeHandshakeDone(w: Writer): void {
  w.u8(FrameType.HANDSHAKE_DONE);
}
