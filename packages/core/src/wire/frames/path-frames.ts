import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import type { Writer } from '../writer.js';

/** Length of the data of PATH_CHALLENGE and PATH_RESPONSE. */
const PATH_DATA_BYTES = 8;
/** Bytes of a PATH_CHALLENGE or PATH_RESPONSE frame. */
export const PATH_DATA_FRAME_BYTES = 9;
/** Bytes of a PATH_ATTACH frame. */
export const PATH_ATTACH_BYTES = 2;

/** Carriers are numbered from 1 (udp) to 4 (quic), as in parameter 16 (SPEC 4.2). */
const MIN_CARRIER = 1;
const MAX_CARRIER = 4;

const EMPTY = new Uint8Array(0);

/** A decoded PATH_CHALLENGE or PATH_RESPONSE frame (SPEC 6.9). */
export class PathDataFrame {
  /** The 8 bytes, as a view into the datagram. */
  data: Uint8Array = EMPTY;
}

/** A decoded PATH_ATTACH frame (SPEC 6.8). */
export class PathAttachFrame {
  /** 1 udp, 2 tcp, 3 websocket, 4 quic. */
  carrier = 0;
}

/** Writes a PATH_CHALLENGE frame. @param data 8 random bytes; RangeError for another length */
export function encodePathChallenge(w: Writer, data: Uint8Array): void {
  encodePathData(w, FrameType.PATH_CHALLENGE, data);
}

/** Writes a PATH_RESPONSE frame. @param data the 8 bytes of the challenge */
export function encodePathResponse(w: Writer, data: Uint8Array): void {
  encodePathData(w, FrameType.PATH_RESPONSE, data);
}

/** Reads a PATH_CHALLENGE or PATH_RESPONSE frame behind its type; false when it is cut short. */
export function decodePathData(r: Reader, out: PathDataFrame): boolean {
  out.data = r.bytes(PATH_DATA_BYTES);
  return !r.failed;
}

/** Writes a PATH_ATTACH frame. @param carrier 1 udp, 2 tcp, 3 websocket, 4 quic */
export function encodePathAttach(w: Writer, carrier: number): void {
  w.u8(FrameType.PATH_ATTACH);
  w.u8(carrier);
}

/** Reads a PATH_ATTACH frame behind its type; false when it is cut short or the carrier unknown. */
export function decodePathAttach(r: Reader, out: PathAttachFrame): boolean {
  out.carrier = r.u8();
  return !r.failed && out.carrier >= MIN_CARRIER && out.carrier <= MAX_CARRIER;
}

function encodePathData(w: Writer, type: number, data: Uint8Array): void {
  if (data.length !== PATH_DATA_BYTES) {
    throw new RangeError(`path data has ${PATH_DATA_BYTES} bytes, not ${data.length}`);
  }
  w.u8(type);
  w.bytes(data);
}
