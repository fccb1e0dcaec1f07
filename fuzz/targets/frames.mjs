// Every type of frame: its decoder alone, from the byte behind the type on.
import { FrameType } from '../../packages/core/dist/wire/frame-types.js';
import { AckBlock, decodeAck, encodeAck } from '../../packages/core/dist/wire/frames/ack-frame.js';
import {
  AckFrequencyFrame,
  decodeAckFrequency,
  encodeAckFrequency,
} from '../../packages/core/dist/wire/frames/ack-frequency-frame.js';
import {
  ConnectionIdFrame,
  decodeNewConnectionId,
  decodeRetireConnectionId,
  encodeNewConnectionId,
  encodeRetireConnectionId,
} from '../../packages/core/dist/wire/frames/cid-frames.js';
import {
  CloseFrame,
  decodeClose,
  encodeClose,
} from '../../packages/core/dist/wire/frames/close-frame.js';
import {
  ControlFrame,
  decodeControl,
  encodeControl,
} from '../../packages/core/dist/wire/frames/control-frame.js';
import {
  CreditFrame,
  decodeCredit,
  encodeBlocked,
  encodeCredit,
} from '../../packages/core/dist/wire/frames/credit-frame.js';
import { encodeGrease, skipGrease } from '../../packages/core/dist/wire/frames/grease-frame.js';
import {
  decodeMessage,
  encodeMessage,
  MessageFrame,
} from '../../packages/core/dist/wire/frames/message-frame.js';
import {
  decodePathAttach,
  decodePathData,
  encodePathAttach,
  encodePathChallenge,
  encodePathResponse,
  PathAttachFrame,
  PathDataFrame,
} from '../../packages/core/dist/wire/frames/path-frames.js';
import {
  decodePing,
  encodePing,
  encodePong,
  PingFrame,
} from '../../packages/core/dist/wire/frames/ping-frames.js';
import {
  decodeVerified,
  encodeVerified,
  VerifiedFrame,
} from '../../packages/core/dist/wire/frames/verified-frame.js';
import { check, checkSame } from './support/checks.mjs';
import { frameTarget } from './support/frame-target.mjs';
import { numberUpTo } from './support/numbers.mjs';

const MAX_U32 = 2 ** 32 - 1;
const NUMBER_LIMIT = 2 ** 48;
const MAX_RANGES = 64;

const message = frameTarget({
  name: 'frame-message',
  types: [FrameType.MESSAGE_MIN, FrameType.MESSAGE_MAX],
  make: () => new MessageFrame(),
  decode: (r, type, out) => decodeMessage(r, type, out),
  draw(random) {
    const payload = random.bytes(random.skewed(6));
    const offset = random.oneIn(2) ? 0 : numberUpTo(random, 2 ** 40);
    const data = offset > 0 && payload.length === 0 ? random.bytes(1) : payload;
    const total = offset + data.length + (random.oneIn(2) ? 0 : random.skewed(20));
    const kind = random.oneIn(2) ? 0 : random.below(65_536);
    return { lane: random.below(2), n16: random.below(65_536), kind, offset, total, data };
  },
  encode(w, frame, random) {
    const { lane, n16, kind, offset, data, whole, first } = frame;
    const end = offset + data.length;
    // A later piece does not say how long the message is.
    const total = whole || first || frame.total > end ? frame.total : end + 1;
    const withLength = random === undefined || random.oneIn(2);
    encodeMessage(w, lane, n16, kind, offset, total, data, 0, data.length, withLength);
  },
  // The encoder has one form only for a piece that ends at the limit of numbers.
  canEncode: ({ whole, first, offset, data }) =>
    whole || first || offset + data.length < Number.MAX_SAFE_INTEGER,
  checkValue(frame) {
    check(frame.offset + frame.data.length <= Number.MAX_SAFE_INTEGER, 'a piece ends too far');
    check(!frame.whole || frame.total === frame.data.length, 'a whole message is not whole');
    check(!frame.first || frame.data.length < frame.total, 'a first piece is the whole message');
  },
});

const ack = frameTarget({
  name: 'frame-ack',
  types: [FrameType.ACK],
  maxBytes: 1_200,
  make: () => new AckBlock(),
  decode: (r, _, out) => decodeAck(r, out),
  draw: (random) => drawAck(random),
  encode(w, block) {
    const ranges = {
      count: block.count,
      start: (i) => block.starts[i],
      end: (i) => block.ends[i],
    };
    check(encodeAck(w, block.pathId, ranges, block.delayMs, 2_000), 'ranges cannot be encoded');
  },
  // Delays near 2^53 units lose their last bits as milliseconds.
  canEncode: ({ delayMs }) => delayMs < 2 ** 43,
  snapshot: ({ pathId, count, starts, ends, delayMs }) => ({
    pathId,
    delayMs,
    starts: [...starts.subarray(0, count)],
    ends: [...ends.subarray(0, count)],
  }),
  checkValue(block) {
    check(block.count >= 1 && block.count <= MAX_RANGES, `${block.count} ranges`);
    let above = NUMBER_LIMIT + 1;
    for (let i = 0; i < block.count; i++) {
      const [start, end] = [block.starts[i], block.ends[i]];
      check(start >= 0 && start <= end && end < above - 1, `range ${i} is ${start}..${end}`);
      above = start;
    }
  },
});

const numberFrames = [
  frameTarget({
    name: 'frame-ack-frequency',
    types: [FrameType.ACK_FREQUENCY],
    make: () => new AckFrequencyFrame(),
    decode: (r, _, out) => decodeAckFrequency(r, out),
    draw: (random) => ({
      sequence: numberUpTo(random),
      packets: numberUpTo(random),
      maxDelayMs: numberUpTo(random),
    }),
    encode: (w, f) => encodeAckFrequency(w, f.sequence, f.packets, f.maxDelayMs),
  }),
  frameTarget({
    name: 'frame-new-connection-id',
    types: [FrameType.NEW_CONNECTION_ID],
    make: () => new ConnectionIdFrame(),
    decode: (r, _, out) => decodeNewConnectionId(r, out),
    draw: (random) => ({
      sequence: numberUpTo(random, MAX_U32),
      retirePriorTo: numberUpTo(random, MAX_U32),
      cid: random.bytes(8),
    }),
    encode: (w, f) => encodeNewConnectionId(w, f.sequence, f.retirePriorTo, f.cid),
    checkValue: ({ sequence }) => check(sequence <= MAX_U32, 'a sequence beyond 2^32'),
  }),
  frameTarget({
    name: 'frame-retire-connection-id',
    types: [FrameType.RETIRE_CONNECTION_ID],
    make: () => new ConnectionIdFrame(),
    decode: (r, _, out) => decodeRetireConnectionId(r, out),
    draw: (random) => ({ sequence: numberUpTo(random, MAX_U32) }),
    encode: (w, f) => encodeRetireConnectionId(w, f.sequence),
    checkValue: ({ sequence }) => check(sequence <= MAX_U32, 'a sequence beyond 2^32'),
  }),
  frameTarget({
    name: 'frame-credit',
    types: [FrameType.CREDIT, FrameType.BLOCKED],
    make: () => new CreditFrame(),
    decode: (r, _, out) => decodeCredit(r, out),
    draw: (random) => ({
      lane: random.below(2),
      bytes: numberUpTo(random),
      messages: numberUpTo(random),
    }),
    encode(w, f, _, type) {
      if (type === FrameType.BLOCKED) encodeBlocked(w, f.lane, f.bytes, f.messages);
      else encodeCredit(w, f.lane, f.bytes, f.messages);
    },
    checkValue: ({ lane }) => check(lane <= 1, 'a lane that is none'),
  }),
  frameTarget({
    name: 'frame-ping',
    types: [FrameType.PING, FrameType.PONG],
    make: () => new PingFrame(),
    decode: (r, _, out) => decodePing(r, out),
    draw: (random) => ({ id: numberUpTo(random) }),
    encode: (w, f, _, type) =>
      type === FrameType.PONG ? encodePong(w, f.id) : encodePing(w, f.id),
  }),
  frameTarget({
    name: 'frame-verified',
    types: [FrameType.VERIFIED],
    make: () => new VerifiedFrame(),
    decode: (r, _, out) => decodeVerified(r, out),
    draw: (random) => ({ statements: numberUpTo(random) }),
    encode: (w, f) => encodeVerified(w, f.statements),
  }),
];

const byteFrames = [
  frameTarget({
    name: 'frame-close',
    types: [FrameType.CLOSE],
    maxBytes: 320,
    make: () => new CloseFrame(),
    decode: (r, _, out) => decodeClose(r, out),
    draw: (random) => ({
      code: random.oneIn(2) ? random.below(20) : random.below(65_536),
      frameType: numberUpTo(random),
      applicationCode: numberUpTo(random, MAX_U32),
      reason: Array.from({ length: random.skewed(6) }, () =>
        String.fromCodePoint(random.pick([0x20, 0x7f, 0x80, 0x7ff, 0x800, 0xffff, 0x1_0000])),
      ).join(''),
    }),
    encode: (w, f) => encodeClose(w, f.code, f.frameType, f.applicationCode, f.reason),
    checkValue: ({ reason }) => check(reason.length <= 128, 'a reason that is too long'),
  }),
  frameTarget({
    name: 'frame-control',
    types: [FrameType.CONTROL],
    make: () => new ControlFrame(),
    decode: (r, _, out) => decodeControl(r, out),
    draw: (random) => ({
      offset: numberUpTo(random, Number.MAX_SAFE_INTEGER - 64),
      data: random.bytes(random.skewed(6)),
    }),
    encode: (w, f) => encodeControl(w, f.offset, f.data, 0, f.data.length),
    checkValue: ({ offset, data }) =>
      check(offset + data.length <= Number.MAX_SAFE_INTEGER, 'a piece ends too far'),
  }),
  frameTarget({
    name: 'frame-path-data',
    types: [FrameType.PATH_CHALLENGE, FrameType.PATH_RESPONSE],
    make: () => new PathDataFrame(),
    decode: (r, _, out) => decodePathData(r, out),
    draw: (random) => ({ data: random.bytes(8) }),
    encode: (w, f, _, type) =>
      type === FrameType.PATH_CHALLENGE
        ? encodePathChallenge(w, f.data)
        : encodePathResponse(w, f.data),
    checkValue: ({ data }) => check(data.length === 8, 'path data of another length'),
  }),
  frameTarget({
    name: 'frame-path-attach',
    types: [FrameType.PATH_ATTACH],
    make: () => new PathAttachFrame(),
    decode: (r, _, out) => decodePathAttach(r, out),
    draw: (random) => ({ carrier: random.between(1, 4) }),
    encode: (w, f) => encodePathAttach(w, f.carrier),
  }),
  frameTarget({
    name: 'frame-grease',
    types: [FrameType.GREASE_MIN, FrameType.GREASE_MAX],
    make: () => ({}),
    decode: (r) => skipGrease(r),
    draw: () => ({}),
    encode: (w, _, random) => encodeGrease(w, random?.bytes(17) ?? new Uint8Array(17)),
    canEncode: () => false,
  }),
];

export const targets = [message, ack, ...numberFrames, ...byteFrames];

function drawAck(random) {
  const count = 1 + random.skewed(6);
  const block = new AckBlock();
  block.pathId = numberUpTo(random, MAX_U32);
  block.delayMs = random.skewed(30) / 125;
  block.count = Math.min(count, MAX_RANGES);
  let above = random.between(2 ** 20, 2 ** 30);
  for (let i = 0; i < block.count; i++) {
    block.ends[i] = above;
    block.starts[i] = above - random.skewed(8);
    above = block.starts[i] - 2 - random.skewed(8);
  }
  checkSame(block.starts[0] <= block.ends[0], true, 'the generator is wrong');
  return block;
}
