import { FrameType } from '../../src/wire/frame-types.js';
import { encodeAck } from '../../src/wire/frames/ack-frame.js';
import {
  encodeNewConnectionId,
  encodeRetireConnectionId,
} from '../../src/wire/frames/cid-frames.js';
import { encodeControl } from '../../src/wire/frames/control-frame.js';
import { encodeBlocked, encodeCredit } from '../../src/wire/frames/credit-frame.js';
import { encodePathChallenge } from '../../src/wire/frames/path-frames.js';
import { encodePing } from '../../src/wire/frames/ping-frames.js';
import { Writer } from '../../src/wire/writer.js';

/** The bytes that `write` writes. */
function frame(write: (writer: Writer) => void): Uint8Array {
  const buffer = new Uint8Array(2_048);
  const writer = new Writer();
  writer.reset(buffer, 0, buffer.length);
  write(writer);
  return buffer.slice(0, writer.pos);
}

export function pingFrame(id: number): Uint8Array {
  return frame((w) => encodePing(w, id));
}

export function controlFrame(offset: number, bytes: Uint8Array): Uint8Array {
  return frame((w) => encodeControl(w, offset, bytes, 0, bytes.length));
}

export function creditFrame(lane: number, bytes: number, messages: number): Uint8Array {
  return frame((w) => encodeCredit(w, lane, bytes, messages));
}

export function blockedFrame(lane: number): Uint8Array {
  return frame((w) => encodeBlocked(w, lane, 0, 0));
}

export function challengeFrame(fill: number): Uint8Array {
  return frame((w) => encodePathChallenge(w, new Uint8Array(8).fill(fill)));
}

export function newIdFrame(sequence: number, fill = sequence): Uint8Array {
  const cid = new Uint8Array(8).fill(fill);
  return frame((w) => encodeNewConnectionId(w, sequence, 0, cid));
}

export function retireFrame(sequence: number): Uint8Array {
  return frame((w) => encodeRetireConnectionId(w, sequence));
}

/** An ACK of path 0 for inclusive ranges, highest first. */
export function ackFrame(ranges: readonly (readonly [number, number])[], delayMs = 0): Uint8Array {
  const like = {
    count: ranges.length,
    start: (index: number) => ranges[index]![0],
    end: (index: number) => ranges[index]![1],
  };
  return frame((w) => void encodeAck(w, 0, like, delayMs, 2_048));
}

/** The piece of message `n` at `offset`; `total` only where the message begins (SPEC 6.1). */
export function pieceFrame(
  lane: number,
  n: number,
  offset: number,
  bytes: Uint8Array,
  total = 0,
): Uint8Array {
  return frame((w) => {
    w.u8(FrameType.MESSAGE_MIN | lane | 0x04 | (offset === 0 ? 0x10 : 0));
    w.u8((n >> 8) & 255);
    w.u8(n & 255);
    w.varint(offset === 0 ? total : offset);
    w.varint(bytes.length);
    for (const byte of bytes) w.u8(byte);
  });
}

/** A whole message. */
export function wholeFrame(lane: number, n: number, bytes: Uint8Array): Uint8Array {
  return frame((w) => {
    w.u8(FrameType.MESSAGE_MIN | lane | 0x02 | 0x04);
    w.u8((n >> 8) & 255);
    w.u8(n & 255);
    w.varint(bytes.length);
    for (const byte of bytes) w.u8(byte);
  });
}

/** Frames put into records of at most about a datagram. */
export function* inRecords(frames: Iterable<Uint8Array>): Generator<Uint8Array[]> {
  let record: Uint8Array[] = [];
  let bytes = 0;
  for (const one of frames) {
    if (bytes + one.length > 1_200 && record.length > 0) {
      yield record;
      record = [];
      bytes = 0;
    }
    record.push(one);
    bytes += one.length;
  }
  if (record.length > 0) yield record;
}
