/**
 * The messages of the control stream (SPEC 6.3): `type u8 || <varint> body`. Each kind has its file
 * under `control/`; encoders give and decoders take the body alone.
 */
import { MAX_CONTROL_BODY_BYTES } from './control/control-types.js';
import { varintLength, Writer } from './writer.js';

export { ControlType, MAX_CONTROL_BODY_BYTES } from './control/control-types.js';
export {
  decodeGap,
  decodeLeafWanted,
  encodeGap,
  encodeLeafWanted,
  type GapMessage,
  type LeafWantedMessage,
} from './control/gap.js';
export { type ControlMessage, ControlParser } from './control/parser.js';
export { decodeRekeyWanted, encodeRekeyWanted } from './control/rekey-wanted.js';
export { decodeSigner, encodeSigner } from './control/signer.js';
export {
  decodeStatement,
  encodeStatement,
  type StatementMessage,
} from './control/statement.js';

export {
  decodeEarly,
  decodeTicket,
  type EarlyMessageCount,
  encodeEarly,
  encodeTicket,
  type TicketMessage,
} from './control/ticket.js';

/**
 * A whole control message, to be appended to the control stream.
 *
 * @param type one of {@link ControlType}
 * @param body at most 16,384 bytes; RangeError beyond
 */
export function controlMessage(type: number, body: Uint8Array): Uint8Array {
  if (body.length > MAX_CONTROL_BODY_BYTES) {
    throw new RangeError(
      `a control message of ${body.length} bytes is above ${MAX_CONTROL_BODY_BYTES}: split it`,
    );
  }
  const message = new Uint8Array(1 + varintLength(body.length) + body.length);
  const w = new Writer().reset(message, 0, message.length);
  w.u8(type);
  w.varint(body.length);
  w.bytes(body);
  return message;
}
