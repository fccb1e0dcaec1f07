import { LaneLeaves } from '../../src/chain/lane-leaves.js';
import { createNobleProvider } from '../../src/crypto/noble.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import {
  OutgoingMessage,
  type OutgoingMessageOptions,
} from '../../src/message/outgoing-message.js';
import { PacketBuilder } from '../../src/message/packet-builder.js';
import type { Lane } from '../../src/message/reliability.js';
import { isMessageType } from '../../src/wire/frame-types.js';
import { decodeMessage, MessageFrame } from '../../src/wire/frames/message-frame.js';
import { Reader } from '../../src/wire/reader.js';

export const crypto: CryptoProvider = createNobleProvider(() => {
  throw new Error('nothing about messages is random');
});

/** `length` bytes that differ from place to place. */
export function bytes(length: number, start = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + i * 7 + (i >> 8)) & 0xff);
}

/** A message to send. */
export function outgoing(
  payload: Uint8Array | number,
  options: Partial<OutgoingMessageOptions> = {},
): OutgoingMessage {
  return new OutgoingMessage({
    payload: typeof payload === 'number' ? bytes(payload) : payload,
    kind: 0,
    reliability: 'reliable',
    deadline: Number.POSITIVE_INFINITY,
    maxRetries: 2,
    priority: 0,
    ...options,
  });
}

/** The leaves of a lane from client to server. */
export function leavesOf(lane: Lane): LaneLeaves {
  return new LaneLeaves({ crypto, exporter: new Uint8Array(32).fill(9), direction: 0, lane });
}

/** A builder with room for `room` bytes of frames. */
export function builder(room: number, maxPayload = 65_000): PacketBuilder {
  const made = new PacketBuilder();
  made.begin(new Uint8Array(room + 10), 10, room + 10, maxPayload);
  return made;
}

/** A MESSAGE frame that does not change any more. */
export type Frame = Readonly<Pick<MessageFrame, 'lane' | 'whole' | 'first' | 'n16' | 'kind'>> & {
  readonly offset: number;
  readonly total: number;
  readonly data: Uint8Array;
};

/** The MESSAGE frames in `plaintext`; frames of one byte are passed over. */
export function messagesIn(plaintext: Uint8Array): Frame[] {
  const reader = new Reader().reset(plaintext, 0, plaintext.length);
  const frames: Frame[] = [];
  while (reader.remaining > 0) {
    const type = reader.varint();
    if (!isMessageType(type)) continue;
    const frame = new MessageFrame();
    if (!decodeMessage(reader, type, frame)) throw new Error('a frame does not decode');
    frames.push({ ...frame, data: frame.data.slice() });
  }
  return frames;
}

/** A whole message as a frame. */
export function wholeFrame(lane: Lane, n: number, data: Uint8Array, kind = 0): MessageFrame {
  return frame({ lane, n16: n & 0xffff, whole: true, data, total: data.length, kind });
}

/** The piece of `message` from `start` to `end` as a frame. */
export function pieceFrame(
  lane: Lane,
  n: number,
  message: Uint8Array,
  start: number,
  end: number,
): MessageFrame {
  const isFirst = start === 0;
  const data = message.subarray(start, end);
  const total = isFirst ? message.length : 0;
  return frame({ lane, n16: n & 0xffff, first: isFirst, offset: start, total, data });
}

function frame(fields: Partial<MessageFrame>): MessageFrame {
  return Object.assign(new MessageFrame(), fields);
}
