import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import { varintLength, type Writer } from '../writer.js';

const EMPTY = new Uint8Array(0);

/** A decoded CONTROL frame: a piece of the control stream (SPEC 6.3). */
export class ControlFrame {
  /** Where {@link data} stands in the stream, in bytes from its start. */
  offset = 0;
  /** The bytes, as a view into the datagram. */
  data: Uint8Array = EMPTY;
}

/** How many bytes a CONTROL frame with `length` bytes at `offset` takes beyond those bytes. */
export function controlOverhead(offset: number, length: number): number {
  return 1 + varintLength(offset) + varintLength(length);
}

/**
 * Writes a CONTROL frame with the bytes `payload[from, to)`.
 *
 * @param offset where these bytes stand in the stream
 */
export function encodeControl(
  w: Writer,
  offset: number,
  payload: Uint8Array,
  from: number,
  to: number,
): void {
  w.u8(FrameType.CONTROL);
  w.varint(offset);
  w.varint(to - from);
  w.slice(payload, from, to);
}

/** Reads a CONTROL frame behind its type; false when it is malformed. */
export function decodeControl(r: Reader, out: ControlFrame): boolean {
  out.offset = r.varint();
  out.data = r.varbytes(r.remaining);
  return !r.failed && out.offset + out.data.length <= Number.MAX_SAFE_INTEGER;
}
