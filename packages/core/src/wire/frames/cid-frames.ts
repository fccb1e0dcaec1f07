import { FrameType, MAX_PATH_ID } from '../frame-types.js';
import type { Reader } from '../reader.js';
import { CID_BYTES } from '../record-header.js';
import type { Writer } from '../writer.js';

/** The most bytes a NEW_CONNECTION_ID frame takes. */
export const NEW_CONNECTION_ID_MAX_BYTES = 25;
/** The most bytes a RETIRE_CONNECTION_ID frame takes. */
export const RETIRE_CONNECTION_ID_MAX_BYTES = 9;

const EMPTY = new Uint8Array(0);

/** A decoded NEW_CONNECTION_ID or RETIRE_CONNECTION_ID frame (SPEC 6.8). */
export class ConnectionIdFrame {
  /** The number of the id, which is also the number of its path. */
  sequence = 0;
  /** Ids below this number are to be retired; 0 in RETIRE_CONNECTION_ID. */
  retirePriorTo = 0;
  /** The 8 bytes of the id, as a view into the datagram; empty in RETIRE_CONNECTION_ID. */
  cid: Uint8Array = EMPTY;
}

/**
 * Writes a NEW_CONNECTION_ID frame.
 *
 * @param sequence 0 to 2^32 - 1
 * @param cid 8 bytes; RangeError for another length
 */
export function encodeNewConnectionId(
  w: Writer,
  sequence: number,
  retirePriorTo: number,
  cid: Uint8Array,
): void {
  if (cid.length !== CID_BYTES) {
    throw new RangeError(`a connection id has ${CID_BYTES} bytes, not ${cid.length}`);
  }
  w.u8(FrameType.NEW_CONNECTION_ID);
  w.varint(sequence);
  w.varint(retirePriorTo);
  w.bytes(cid);
}

/** Reads a NEW_CONNECTION_ID frame behind its type; false when it is malformed. */
export function decodeNewConnectionId(r: Reader, out: ConnectionIdFrame): boolean {
  out.sequence = r.varint();
  out.retirePriorTo = r.varint();
  out.cid = r.bytes(CID_BYTES);
  return !r.failed && out.sequence <= MAX_PATH_ID && out.retirePriorTo <= MAX_PATH_ID;
}

/** Writes a RETIRE_CONNECTION_ID frame. */
export function encodeRetireConnectionId(w: Writer, sequence: number): void {
  w.u8(FrameType.RETIRE_CONNECTION_ID);
  w.varint(sequence);
}

/** Reads a RETIRE_CONNECTION_ID frame behind its type; false when it is malformed. */
export function decodeRetireConnectionId(r: Reader, out: ConnectionIdFrame): boolean {
  out.sequence = r.varint();
  out.retirePriorTo = 0;
  out.cid = EMPTY;
  return !r.failed && out.sequence <= MAX_PATH_ID;
}
