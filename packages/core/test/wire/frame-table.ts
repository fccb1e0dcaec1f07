import fc from 'fast-check';
import { AckBlock, decodeAck, encodeAck } from '../../src/wire/frames/ack-frame.js';
import {
  AckFrequencyFrame,
  decodeAckFrequency,
  encodeAckFrequency,
} from '../../src/wire/frames/ack-frequency-frame.js';
import { encodeHandshakeDone } from '../../src/wire/frames/bare-frames.js';
import {
  ConnectionIdFrame,
  decodeNewConnectionId,
  decodeRetireConnectionId,
  encodeNewConnectionId,
  encodeRetireConnectionId,
} from '../../src/wire/frames/cid-frames.js';
import { CloseFrame, decodeClose, encodeClose } from '../../src/wire/frames/close-frame.js';
import { ControlFrame, decodeControl, encodeControl } from '../../src/wire/frames/control-frame.js';
import {
  CreditFrame,
  decodeCredit,
  encodeBlocked,
  encodeCredit,
} from '../../src/wire/frames/credit-frame.js';
import { encodeGrease, skipGrease } from '../../src/wire/frames/grease-frame.js';
import { decodeMessage, encodeMessage, MessageFrame } from '../../src/wire/frames/message-frame.js';
import {
  decodePathAttach,
  decodePathData,
  encodePathAttach,
  encodePathChallenge,
  encodePathResponse,
  PathAttachFrame,
  PathDataFrame,
} from '../../src/wire/frames/path-frames.js';
import {
  decodePing,
  encodePing,
  encodePong,
  PingFrame,
} from '../../src/wire/frames/ping-frames.js';
import {
  decodeVerified,
  encodeVerified,
  VerifiedFrame,
} from '../../src/wire/frames/verified-frame.js';
import type { Reader } from '../../src/wire/reader.js';
import type { Writer } from '../../src/wire/writer.js';
import { fromHex, toHex } from './hex.js';

/** Fields of a frame as they stand in vectors/wire.json; byte strings are hex. */
export type Fields = Record<string, unknown>;

/** How to write and read one frame, and how to make up fields for it. */
export interface FrameCodec {
  encode(w: Writer, fields: Fields): void;
  /** The fields behind the type, or undefined when the decoder refuses. */
  decode(r: Reader, type: number): Fields | undefined;
  /** What {@link decode} gives back for these fields, where that is not the fields themselves. */
  readonly decoded?: (fields: Fields) => Fields;
  readonly arbitrary: fc.Arbitrary<Fields>;
}

/** Any number that may travel in a varint, small ones often. */
export const anyNumber: fc.Arbitrary<number> = fc.oneof(
  fc.nat(100),
  fc.nat(2 ** 31 - 1),
  fc.maxSafeNat(),
);
const hexOf = (minLength: number, maxLength: number): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength, maxLength }).map(toHex);
const lane = fc.nat(1);
const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const bytesOf = (value: unknown): Uint8Array => fromHex(value as string);
const num = (value: unknown): number => value as number;

const ping = (encode: (w: Writer, id: number) => void): FrameCodec => ({
  encode: (w, { id }) => encode(w, num(id)),
  decode: (r) => filled(new PingFrame(), decodePing, r, ({ id }) => ({ id })),
  arbitrary: fc.record({ id: anyNumber }),
});

const credit = (encode: typeof encodeCredit): FrameCodec => ({
  encode: (w, f) => encode(w, num(f.lane), num(f.bytes), num(f.messages)),
  decode: (r) => filled(new CreditFrame(), decodeCredit, r, (out) => ({ ...out })),
  arbitrary: fc.record({ lane, bytes: anyNumber, messages: anyNumber }),
});

const pathData = (encode: (w: Writer, data: Uint8Array) => void): FrameCodec => ({
  encode: (w, { data }) => encode(w, bytesOf(data)),
  decode: (r) =>
    filled(new PathDataFrame(), decodePathData, r, (out) => ({ data: toHex(out.data) })),
  arbitrary: fc.record({ data: hexOf(8, 8) }),
});

/** Every frame of SPEC 6 that has fields, HANDSHAKE_DONE, and grease. */
export const FRAMES: Readonly<Record<string, FrameCodec>> = {
  PING: ping(encodePing),
  PONG: ping(encodePong),
  ACK: {
    encode(w, { pathId, ranges, delayMs }) {
      const list = ranges as [number, number][];
      encodeAck(w, num(pathId), ackRanges(list), num(delayMs), w.remaining);
    },
    decode: (r) => filled(new AckBlock(), decodeAck, r, ackFields),
    arbitrary: fc.record({
      pathId: u32,
      ranges: ackRangesArbitrary(64),
      delayMs: fc.nat(2 ** 24).map((units) => units / 125),
    }),
  },
  CONTROL: {
    encode(w, { offset, data }) {
      const payload = bytesOf(data);
      encodeControl(w, num(offset), payload, 0, payload.length);
    },
    decode: (r) =>
      filled(new ControlFrame(), decodeControl, r, ({ offset, data }) => ({
        offset,
        data: toHex(data),
      })),
    arbitrary: fc.record({ offset: fc.nat(2 ** 31 - 1), data: hexOf(0, 300) }),
  },
  CREDIT: credit(encodeCredit),
  BLOCKED: credit(encodeBlocked),
  VERIFIED: {
    encode: (w, { statements }) => encodeVerified(w, num(statements)),
    decode: (r) => filled(new VerifiedFrame(), decodeVerified, r, (out) => ({ ...out })),
    arbitrary: fc.record({ statements: anyNumber }),
  },
  NEW_CONNECTION_ID: {
    encode: (w, f) =>
      encodeNewConnectionId(w, num(f.sequence), num(f.retirePriorTo), bytesOf(f.cid)),
    decode: (r) =>
      filled(new ConnectionIdFrame(), decodeNewConnectionId, r, (out) => ({
        ...out,
        cid: toHex(out.cid),
      })),
    arbitrary: fc.record({ sequence: u32, retirePriorTo: u32, cid: hexOf(8, 8) }),
  },
  RETIRE_CONNECTION_ID: {
    encode: (w, { sequence }) => encodeRetireConnectionId(w, num(sequence)),
    decode: (r) =>
      filled(new ConnectionIdFrame(), decodeRetireConnectionId, r, ({ sequence }) => ({
        sequence,
      })),
    arbitrary: fc.record({ sequence: u32 }),
  },
  PATH_CHALLENGE: pathData(encodePathChallenge),
  PATH_RESPONSE: pathData(encodePathResponse),
  CLOSE: {
    encode: (w, f) =>
      encodeClose(w, num(f.code), num(f.frameType), num(f.applicationCode), f.reason as string),
    decode: (r) => filled(new CloseFrame(), decodeClose, r, (out) => ({ ...out })),
    arbitrary: fc.record({
      code: fc.nat(0xffff),
      frameType: anyNumber,
      applicationCode: u32,
      reason: fc.string({ unit: 'binary', maxLength: 32 }),
    }),
  },
  HANDSHAKE_DONE: {
    encode: (w) => encodeHandshakeDone(w),
    decode: () => ({}),
    arbitrary: fc.constant({}),
  },
  ACK_FREQUENCY: {
    encode: (w, f) => encodeAckFrequency(w, num(f.sequence), num(f.packets), num(f.maxDelayMs)),
    decode: (r) => filled(new AckFrequencyFrame(), decodeAckFrequency, r, (out) => ({ ...out })),
    arbitrary: fc.record({ sequence: anyNumber, packets: anyNumber, maxDelayMs: anyNumber }),
  },
  PATH_ATTACH: {
    encode: (w, { carrier }) => encodePathAttach(w, num(carrier)),
    decode: (r) => filled(new PathAttachFrame(), decodePathAttach, r, (out) => ({ ...out })),
    arbitrary: fc.record({ carrier: fc.integer({ min: 1, max: 4 }) }),
  },
  MESSAGE: {
    encode(w, f) {
      const data = bytesOf(f.data);
      const { length } = data;
      const [offset, total] = [num(f.offset), num(f.total)];
      const withLength = f.withLength === true;
      encodeMessage(
        w,
        num(f.lane),
        num(f.n),
        num(f.kind),
        offset,
        total,
        data,
        0,
        length,
        withLength,
      );
    },
    decode: (r, type) =>
      filled(
        new MessageFrame(),
        (reader, out) => decodeMessage(reader, type, out),
        r,
        (out) => ({ ...out, data: toHex(out.data) }),
      ),
    decoded: decodedMessage,
    arbitrary: messageArbitrary(),
  },
  GREASE: {
    encode: (w, { random }) => encodeGrease(w, bytesOf(random)),
    decode: (r) => (skipGrease(r) ? {} : undefined),
    decoded: () => ({}),
    arbitrary: fc.record({ random: hexOf(17, 17) }),
  },
};

/** The interface of the ranges of `list`, inclusive and highest first. */
export function ackRanges(list: readonly (readonly [number, number])[]) {
  return {
    count: list.length,
    start: (index: number): number => list[index]![0],
    end: (index: number): number => list[index]![1],
  };
}

/** Up to `max` disjoint ranges that do not touch, highest first. */
export function ackRangesArbitrary(max: number): fc.Arbitrary<[number, number][]> {
  const step = fc.oneof(fc.nat(3), fc.nat(70_000));
  return fc.array(fc.tuple(step, step), { minLength: 1, maxLength: max }).map((steps) => {
    let next = 0;
    const ascending = steps.map(([gap, length], index): [number, number] => {
      const start = next + gap + (index === 0 ? 0 : 1);
      next = start + length + 1;
      return [start, start + length];
    });
    return ascending.reverse();
  });
}

/** What of an ACK stands in the vectors. */
export function ackFields(block: AckBlock): Fields {
  const ranges: [number, number][] = [];
  for (let i = 0; i < block.count; i++) ranges.push([block.starts[i]!, block.ends[i]!]);
  return { pathId: block.pathId, ranges, delayMs: block.delayMs };
}

function decodedMessage(fields: Fields): Fields {
  const { lane: messageLane, n, kind, offset, total, data } = fields;
  const whole = (data as string).length / 2 === total;
  const first = offset === 0 && !whole;
  return {
    lane: messageLane,
    whole,
    first,
    n16: num(n) % 65_536,
    kind: offset === 0 ? kind : 0,
    offset,
    total: whole || first ? total : 0,
    data,
  };
}

function messageArbitrary(): fc.Arbitrary<Fields> {
  return fc
    .record({
      lane,
      n: anyNumber,
      kind: fc.oneof(fc.constant(0), fc.nat(0xffff)),
      offset: fc.oneof(fc.constant(0), fc.nat(2 ** 24)),
      data: hexOf(0, 200),
      behind: fc.oneof(fc.constant(0), fc.nat(2 ** 24)),
      withLength: fc.boolean(),
    })
    .map(({ behind, ...fields }) => ({
      ...fields,
      total: fields.offset + fields.data.length / 2 + behind,
    }));
}

function filled<T>(
  out: T,
  decode: (r: Reader, out: T) => boolean,
  r: Reader,
  fields: (out: T) => Fields,
): Fields | undefined {
  return decode(r, out) ? fields(out) : undefined;
}
