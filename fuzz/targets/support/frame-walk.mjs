// Finds the borders of frames in a payload, for those that mutate it frame by frame.
import {
  FrameType,
  isGreaseType,
  isMessageType,
} from '../../../packages/core/dist/wire/frame-types.js';
import { AckBlock, decodeAck } from '../../../packages/core/dist/wire/frames/ack-frame.js';
import {
  AckFrequencyFrame,
  decodeAckFrequency,
} from '../../../packages/core/dist/wire/frames/ack-frequency-frame.js';
import {
  ConnectionIdFrame,
  decodeNewConnectionId,
  decodeRetireConnectionId,
} from '../../../packages/core/dist/wire/frames/cid-frames.js';
import { CloseFrame, decodeClose } from '../../../packages/core/dist/wire/frames/close-frame.js';
import {
  ControlFrame,
  decodeControl,
} from '../../../packages/core/dist/wire/frames/control-frame.js';
import { CreditFrame, decodeCredit } from '../../../packages/core/dist/wire/frames/credit-frame.js';
import { skipGrease } from '../../../packages/core/dist/wire/frames/grease-frame.js';
import {
  decodeMessage,
  MessageFrame,
} from '../../../packages/core/dist/wire/frames/message-frame.js';
import {
  decodePathAttach,
  decodePathData,
  PathAttachFrame,
  PathDataFrame,
} from '../../../packages/core/dist/wire/frames/path-frames.js';
import { decodePing, PingFrame } from '../../../packages/core/dist/wire/frames/ping-frames.js';
import {
  decodeVerified,
  VerifiedFrame,
} from '../../../packages/core/dist/wire/frames/verified-frame.js';
import { Reader } from '../../../packages/core/dist/wire/reader.js';

const reader = new Reader();
const message = new MessageFrame();
const DECODERS = new Map([
  [FrameType.PADDING, [{}, () => true]],
  [FrameType.HANDSHAKE_DONE, [{}, () => true]],
  [FrameType.PING, [new PingFrame(), decodePing]],
  [FrameType.PONG, [new PingFrame(), decodePing]],
  [FrameType.ACK, [new AckBlock(), decodeAck]],
  [FrameType.CONTROL, [new ControlFrame(), decodeControl]],
  [FrameType.CREDIT, [new CreditFrame(), decodeCredit]],
  [FrameType.BLOCKED, [new CreditFrame(), decodeCredit]],
  [FrameType.VERIFIED, [new VerifiedFrame(), decodeVerified]],
  [FrameType.NEW_CONNECTION_ID, [new ConnectionIdFrame(), decodeNewConnectionId]],
  [FrameType.RETIRE_CONNECTION_ID, [new ConnectionIdFrame(), decodeRetireConnectionId]],
  [FrameType.PATH_CHALLENGE, [new PathDataFrame(), decodePathData]],
  [FrameType.PATH_RESPONSE, [new PathDataFrame(), decodePathData]],
  [FrameType.CLOSE, [new CloseFrame(), decodeClose]],
  [FrameType.ACK_FREQUENCY, [new AckFrequencyFrame(), decodeAckFrequency]],
  [FrameType.PATH_ATTACH, [new PathAttachFrame(), decodePathAttach]],
]);

/** Calls `visit(type, start, end, frame)` for every frame up to the first that does not decode. */
export function walkFrames(payload, visit) {
  reader.reset(payload, 0, payload.length);
  while (reader.remaining > 0) {
    const start = reader.pos;
    const type = reader.varint();
    if (reader.failed) return;
    const frame = decode(type);
    if (frame === undefined) return;
    visit(type, start, reader.pos, frame);
  }
}

function decode(type) {
  if (isMessageType(type)) return decodeMessage(reader, type, message) ? message : undefined;
  if (isGreaseType(type)) return skipGrease(reader) ? {} : undefined;
  const entry = DECODERS.get(type);
  if (entry === undefined) return undefined;
  const [frame, read] = entry;
  return read(reader, frame) ? frame : undefined;
}
