import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameType, isGreaseType, isMessageType } from '../../src/wire/frame-types.js';
import { ACK_FREQUENCY_MAX_BYTES } from '../../src/wire/frames/ack-frequency-frame.js';
import { encodePadding } from '../../src/wire/frames/bare-frames.js';
import {
  encodeNewConnectionId,
  NEW_CONNECTION_ID_MAX_BYTES,
  RETIRE_CONNECTION_ID_MAX_BYTES,
} from '../../src/wire/frames/cid-frames.js';
import { CLOSE_MAX_BYTES } from '../../src/wire/frames/close-frame.js';
import { controlOverhead } from '../../src/wire/frames/control-frame.js';
import { CREDIT_MAX_BYTES } from '../../src/wire/frames/credit-frame.js';
import { encodeGrease, GREASE_MAX_BYTES } from '../../src/wire/frames/grease-frame.js';
import {
  encodePathChallenge,
  PATH_ATTACH_BYTES,
  PATH_DATA_FRAME_BYTES,
} from '../../src/wire/frames/path-frames.js';
import { PING_MAX_BYTES } from '../../src/wire/frames/ping-frames.js';
import { VERIFIED_MAX_BYTES } from '../../src/wire/frames/verified-frame.js';
import { Reader } from '../../src/wire/reader.js';
import { Writer } from '../../src/wire/writer.js';
import { type Fields, FRAMES, type FrameCodec } from './frame-table.js';
import { fromHex, toHex } from './hex.js';

const LIMITS: Readonly<Record<string, number>> = {
  PING: PING_MAX_BYTES,
  PONG: PING_MAX_BYTES,
  CREDIT: CREDIT_MAX_BYTES,
  BLOCKED: CREDIT_MAX_BYTES,
  VERIFIED: VERIFIED_MAX_BYTES,
  NEW_CONNECTION_ID: NEW_CONNECTION_ID_MAX_BYTES,
  RETIRE_CONNECTION_ID: RETIRE_CONNECTION_ID_MAX_BYTES,
  PATH_CHALLENGE: PATH_DATA_FRAME_BYTES,
  PATH_RESPONSE: PATH_DATA_FRAME_BYTES,
  PATH_ATTACH: PATH_ATTACH_BYTES,
  CLOSE: CLOSE_MAX_BYTES,
  ACK_FREQUENCY: ACK_FREQUENCY_MAX_BYTES,
  GREASE: GREASE_MAX_BYTES,
};

describe.each(Object.entries(FRAMES))('%s', (name, codec) => {
  it('comes back as it was written, whatever follows', () => {
    fc.assert(
      fc.property(codec.arbitrary, (fields) => {
        const bytes = encoded(codec, fields);
        const lastInRecord = name === 'MESSAGE' && fields.withLength === false;
        const followed = lastInRecord ? bytes : Uint8Array.of(...bytes, 0xee, 0xee);
        const r = new Reader().reset(followed, 0, followed.length);
        const type = r.varint();
        expect(codec.decode(r, type)).toEqual(codec.decoded?.(fields) ?? fields);
        expect(r.pos).toBe(bytes.length);
      }),
    );
  });

  it('starts with its type in the shortest form', () => {
    fc.assert(
      fc.property(codec.arbitrary, (fields) => {
        const bytes = encoded(codec, fields);
        const type = new Reader().reset(bytes, 0, bytes.length).varint();
        if (name === 'MESSAGE') expect(isMessageType(type)).toBe(true);
        else if (name === 'GREASE') expect(isGreaseType(type)).toBe(true);
        else expect(type).toBe(FrameType[name as keyof typeof FrameType]);
        expect(bytes[0]! >> 6).toBe(type < 64 ? 0 : 1);
      }),
    );
  });
});

describe('stated limits', () => {
  const most = Number.MAX_SAFE_INTEGER;

  it.each(Object.entries(LIMITS))('hold for every %s: %i bytes', (name, limit) => {
    fc.assert(
      fc.property(FRAMES[name]!.arbitrary, (fields) => {
        expect(encoded(FRAMES[name]!, fields).length).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it.each<[string, Fields]>([
    ['PING', { id: most }],
    ['CREDIT', { lane: 1, bytes: most, messages: most }],
    ['VERIFIED', { statements: most }],
    ['CLOSE', { code: 18, frameType: most, applicationCode: 0, reason: 'x'.repeat(500) }],
    ['ACK_FREQUENCY', { sequence: most, packets: most, maxDelayMs: most }],
    [
      'NEW_CONNECTION_ID',
      { sequence: 2 ** 32 - 1, retirePriorTo: 2 ** 32 - 1, cid: '00'.repeat(8) },
    ],
    ['GREASE', { random: 'ff'.repeat(17) }],
  ])('are reached by the largest %s', (name, fields) => {
    expect(encoded(FRAMES[name]!, fields).length).toBe(LIMITS[name]);
  });

  it('give the overhead of CONTROL exactly', () => {
    fc.assert(
      fc.property(FRAMES.CONTROL!.arbitrary, (fields) => {
        const length = (fields.data as string).length / 2;
        const overhead = controlOverhead(fields.offset as number, length);
        expect(encoded(FRAMES.CONTROL!, fields).length).toBe(overhead + length);
      }),
    );
  });
});

describe('strictness of the small frames', () => {
  const cid = 'a1'.repeat(8);

  it.each([
    ['CREDIT', 'a lane that does not exist', '05020708', '05010708'],
    ['BLOCKED', 'a lane that does not exist', '06ff0708', '06000708'],
    ['PATH_ATTACH', 'carrier 0', '0f00', '0f01'],
    ['PATH_ATTACH', 'a carrier above 4', '0f05', '0f04'],
    ['CONTROL', 'fewer bytes than its length', '0400030a0b', '0400020a0b'],
    ['CONTROL', 'an end above 2^53 - 1', '04c01fffffffffffff020a0b', '04c01ffffffffffffd020a0b'],
    [
      'NEW_CONNECTION_ID',
      'a sequence above 2^32 - 1',
      `08c00000010000000000${cid}`,
      `08c0000000ffffffff00${cid}`,
    ],
    [
      'NEW_CONNECTION_ID',
      'a retirement above 2^32 - 1',
      `0800c000000100000000${cid}`,
      `0800c0000000ffffffff${cid}`,
    ],
    [
      'RETIRE_CONNECTION_ID',
      'a sequence above 2^32 - 1',
      '09c000000100000000',
      '09c0000000ffffffff',
    ],
    ['PING', 'an id of 2^53', '01c020000000000000', '01c01fffffffffffff'],
    ['PATH_CHALLENGE', 'seven bytes of data', '0a01020304050607', '0a0102030405060708'],
    ['GREASE', 'fewer bytes than its length', '407f03aabb', '407f02aabb'],
  ])('refuses %s with %s', (name, _, refused, accepted) => {
    expect(decodedHex(name, refused)).toBeUndefined();
    expect(decodedHex(name, accepted)).toBeDefined();
  });

  it('refuses to write ids, path data and grease of a wrong length', () => {
    const w = new Writer().reset(new Uint8Array(64), 0, 64);
    expect(() => encodeNewConnectionId(w, 0, 0, new Uint8Array(7))).toThrow(RangeError);
    expect(() => encodePathChallenge(w, new Uint8Array(9))).toThrow(RangeError);
    expect(() => encodeGrease(w, new Uint8Array(16))).toThrow(RangeError);
    expect(w.pos).toBe(0);
  });
});

describe('PADDING', () => {
  it('is one zero byte a frame', () => {
    const bytes = new Uint8Array(4).fill(0xff);
    encodePadding(new Writer().reset(bytes, 0, 4), 3);
    expect(toHex(bytes)).toBe('000000ff');
  });
});

function encoded(codec: FrameCodec, fields: Fields): Uint8Array {
  const bytes = new Uint8Array(2048);
  const w = new Writer().reset(bytes, 0, bytes.length);
  codec.encode(w, fields);
  return bytes.slice(0, w.pos);
}

function decodedHex(name: string, hex: string): Fields | undefined {
  const bytes = fromHex(hex);
  const r = new Reader().reset(bytes, 0, bytes.length);
  const type = r.varint();
  return FRAMES[name]!.decode(r, type);
}
