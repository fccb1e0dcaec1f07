// The decoders of this implementation, in the form in which vcl_decode.py has those of the other.
import { decodeIdentity } from '../../../packages/core/dist/handshake/auth-messages.js';
import { decodeClientHello } from '../../../packages/core/dist/handshake/client-hello.js';
import { decodeServerHello } from '../../../packages/core/dist/handshake/server-hello.js';
import * as control from '../../../packages/core/dist/wire/control-messages.js';
import { FrameType } from '../../../packages/core/dist/wire/frame-types.js';
import { AckBlock, decodeAck } from '../../../packages/core/dist/wire/frames/ack-frame.js';
import * as ackFrequency from '../../../packages/core/dist/wire/frames/ack-frequency-frame.js';
import * as cids from '../../../packages/core/dist/wire/frames/cid-frames.js';
import { CloseFrame, decodeClose } from '../../../packages/core/dist/wire/frames/close-frame.js';
import * as controlFrame from '../../../packages/core/dist/wire/frames/control-frame.js';
import { CreditFrame, decodeCredit } from '../../../packages/core/dist/wire/frames/credit-frame.js';
import { skipGrease } from '../../../packages/core/dist/wire/frames/grease-frame.js';
import {
  decodeMessage,
  MessageFrame,
} from '../../../packages/core/dist/wire/frames/message-frame.js';
import * as paths from '../../../packages/core/dist/wire/frames/path-frames.js';
import { decodePing, PingFrame } from '../../../packages/core/dist/wire/frames/ping-frames.js';
import {
  decodeVerified,
  VerifiedFrame,
} from '../../../packages/core/dist/wire/frames/verified-frame.js';
import { Reader } from '../../../packages/core/dist/wire/reader.js';

const { ControlType } = control;

/** What vcl_decode.py answers for bytes that are not accepted. */
const REFUSED = 'refused';
/** The type and length in front of a handshake message. */
const MESSAGE_HEAD = Buffer.alloc(3);

const FRAMES = new Map([
  [FrameType.PADDING, () => true],
  [FrameType.PING, (r) => decodePing(r, new PingFrame())],
  [FrameType.PONG, (r) => decodePing(r, new PingFrame())],
  [FrameType.ACK, (r) => decodeAck(r, new AckBlock())],
  [FrameType.CONTROL, (r) => controlFrame.decodeControl(r, new controlFrame.ControlFrame())],
  [FrameType.CREDIT, (r) => decodeCredit(r, new CreditFrame())],
  [FrameType.BLOCKED, (r) => decodeCredit(r, new CreditFrame())],
  [FrameType.VERIFIED, (r) => decodeVerified(r, new VerifiedFrame())],
  [FrameType.NEW_CONNECTION_ID, (r) => cids.decodeNewConnectionId(r, new cids.ConnectionIdFrame())],
  [
    FrameType.RETIRE_CONNECTION_ID,
    (r) => cids.decodeRetireConnectionId(r, new cids.ConnectionIdFrame()),
  ],
  [FrameType.PATH_CHALLENGE, (r) => paths.decodePathData(r, new paths.PathDataFrame())],
  [FrameType.PATH_RESPONSE, (r) => paths.decodePathData(r, new paths.PathDataFrame())],
  [FrameType.CLOSE, (r) => decodeClose(r, new CloseFrame())],
  [FrameType.HANDSHAKE_DONE, () => true],
  [
    FrameType.ACK_FREQUENCY,
    (r) => ackFrequency.decodeAckFrequency(r, new ackFrequency.AckFrequencyFrame()),
  ],
  [FrameType.PATH_ATTACH, (r) => paths.decodePathAttach(r, new paths.PathAttachFrame())],
]);

const CONTROL = new Map([
  [ControlType.STATEMENT, control.decodeStatement],
  [ControlType.GAP, control.decodeGap],
  [ControlType.LEAF_WANTED, control.decodeLeafWanted],
  [ControlType.REKEY_WANTED, control.decodeRekeyWanted],
  [ControlType.SIGNER, control.decodeSigner],
]);

const DECODERS = {
  frame(bytes) {
    const reader = new Reader().reset(bytes, 0, bytes.length);
    const type = reader.varint();
    const isFrame = !reader.failed && decodeFrame(type, reader) && !reader.failed;
    return isFrame ? String(reader.pos) : REFUSED;
  },
  control([type, ...body]) {
    const decode = CONTROL.get(type);
    const isGrease = type >= ControlType.IGNORED_MIN;
    const isMessage = isGrease || decode?.(Uint8Array.from(body)) !== undefined;
    return isMessage ? String(body.length + 1) : REFUSED;
  },
  hello: (bytes) => whole(decodeClientHello, bytes),
  'server-hello': (bytes) => whole(decodeServerHello, bytes),
  identity: (bytes) => whole(decodeIdentity, bytes),
};

/** Kinds of control messages that are compared: REKEY_INIT and REKEY_RESP have no decoder apart. */
export const COMPARED_CONTROL_TYPES = [...CONTROL.keys()];

/**
 * What the decoder of a kind says.
 *
 * @param {keyof typeof DECODERS} kind
 * @param {Uint8Array} bytes
 * @returns {string} how many bytes were read, or that they are refused
 */
export function decodeAs(kind, bytes) {
  return DECODERS[kind](bytes);
}

function decodeFrame(type, reader) {
  if (type >= FrameType.MESSAGE_MIN && type <= FrameType.MESSAGE_MAX) {
    return decodeMessage(reader, type, new MessageFrame());
  }
  if (type >= FrameType.GREASE_MIN && type <= FrameType.GREASE_MAX) return skipGrease(reader);
  return FRAMES.get(type)?.(reader) ?? false;
}

function whole(decode, bytes) {
  return decode(Buffer.concat([MESSAGE_HEAD, bytes])) === undefined
    ? REFUSED
    : String(bytes.length);
}
