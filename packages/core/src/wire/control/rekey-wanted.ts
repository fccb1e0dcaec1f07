import { Reader } from '../reader.js';
import { varintLength, Writer } from '../writer.js';

/** Statements hold the epoch as a u32 (SPEC 8.3). */
const MAX_EPOCH = 0xffff_ffff;

/** The body of a REKEY_WANTED. @param epoch the epoch wanted */
export function encodeRekeyWanted(epoch: number): Uint8Array {
  const body = new Uint8Array(varintLength(epoch));
  new Writer().reset(body, 0, body.length).varint(epoch);
  return body;
}

/** Reads the body of a REKEY_WANTED: the epoch wanted. Undefined when it is malformed. */
export function decodeRekeyWanted(body: Uint8Array): number | undefined {
  const r = new Reader().reset(body, 0, body.length);
  const epoch = r.varint();
  return r.done && epoch <= MAX_EPOCH ? epoch : undefined;
}
