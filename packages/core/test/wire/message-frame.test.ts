import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeMessage,
  encodeMessage,
  MessageFrame,
  messageOverhead,
} from '../../src/wire/frames/message-frame.js';
import { Reader } from '../../src/wire/reader.js';
import {
  MIN_RECORD_BYTES,
  packetNumberLength,
  TAG_BYTES,
  writeRecordHeader,
} from '../../src/wire/record-header.js';
import { varintLength, Writer } from '../../src/wire/writer.js';
import { fromHex, toHex } from './hex.js';

const cid = new Uint8Array(8);

describe('a whole message alone in a datagram', () => {
  it('costs at most 32 bytes, and no message costs more', () => {
    const worst = new Map<number, number>();
    for (const [pn, largestAcked] of [
      [0, -1],
      [40_000, 30_000],
      [2 ** 23, 0],
      [2 ** 48 - 1, 0],
    ] as const) {
      const pnLength = packetNumberLength(pn, largestAcked);
      for (const length of [0, 1, 3, 4, 64, 1200, 60_000]) {
        const cost = datagramBytes(pn, pnLength, new Uint8Array(length)) - length;
        worst.set(pnLength, Math.max(cost, worst.get(pnLength) ?? 0));
      }
    }
    expect(worst.get(4)).toBe(1 + 8 + 4 + 16 + 3);
    expect(Math.max(...worst.values())).toBe(32);
  });
});

describe('messageOverhead', () => {
  it('is what encodeMessage writes beyond the payload', () => {
    fc.assert(
      fc.property(
        piece(),
        fc.nat(0xffff),
        fc.boolean(),
        ({ from, to, total }, kind, withLength) => {
          const whole = from === 0 && to === total;
          const first = from === 0 && !whole;
          const typed = kind !== 0 && from === 0;
          const length = to - from;
          const overhead = messageOverhead(whole, first, typed, withLength, from, total, length);
          const w = new Writer().reset(new Uint8Array(1024), 0, 1024);
          encodeMessage(w, 0, 1, kind, from, total, new Uint8Array(total), from, to, withLength);
          expect(w.pos).toBe(overhead + length);
        },
      ),
    );
  });
});

describe('encodeMessage', () => {
  it('cuts a message into pieces that make it up again', () => {
    const message = fc.uint8Array({ minLength: 1, maxLength: 500 });
    fc.assert(
      fc.property(message, fc.integer({ min: 1, max: 100 }), (payload, step) => {
        const rebuilt = new Uint8Array(payload.length);
        let named = -1;
        for (let from = 0; from < payload.length; from += step) {
          const frame = piecewise(payload, from, Math.min(from + step, payload.length));
          rebuilt.set(frame.data, frame.offset);
          if (frame.whole || frame.first) named = frame.total;
          expect(frame.whole).toBe(step >= payload.length);
        }
        expect(toHex(rebuilt)).toBe(toHex(payload));
        expect(named).toBe(payload.length);
      }),
    );
  });

  it('takes the bytes from anywhere in the array it is given', () => {
    const bytes = new Uint8Array(32);
    const w = new Writer().reset(bytes, 0, 32);
    encodeMessage(w, 1, 2, 9, 1000, 1002, fromHex('aabbccdd'), 1, 3, false);
    expect(toHex(bytes.subarray(0, w.pos))).toBe('21000243e8bbcc');
  });

  it('refuses a piece that reaches beyond the message', () => {
    const w = new Writer().reset(new Uint8Array(32), 0, 32);
    expect(() => encodeMessage(w, 0, 0, 0, 3, 5, new Uint8Array(9), 0, 3, true)).toThrow(
      RangeError,
    );
    expect(w.pos).toBe(0);
  });
});

describe('decodeMessage', () => {
  it('takes all the rest of the record when the frame has no length', () => {
    expect(decode('22 0001 aabbcc')?.data.length).toBe(3);
    expect(decode('26 0001 02 aabbcc')?.data.length).toBe(2);
  });

  it.each([
    ['a whole message that is also the first piece', '32 0001 05 aabb'],
    ['a first piece as long as the message', '30 0001 02 aabb'],
    ['a first piece longer than the message', '30 0001 01 aabb'],
    ['a first piece of an empty message', '30 0001 00'],
    ['a later piece with a kind', '28 0001 0007 05 aabb'],
    ['a later piece at offset 0', '20 0001 00 aabb'],
    ['a later piece whose end is above 2^53 - 1', '20 0001 c01fffffffffffff aa'],
    ['no message number', '22 00'],
    ['no kind', '2a 0001 00'],
    ['no total', '30 0001'],
    ['no offset', '20 0001'],
    ['fewer bytes than its length', '26 0001 03 aabb'],
    ['a length above 2^53 - 1', '26 0001 c020000000000000'],
  ])('refuses %s', (_, hex) => {
    expect(decode(hex)).toBeUndefined();
  });

  it('leaves nothing of the frame before in the object it fills', () => {
    const out = new MessageFrame();
    const kinds = ['3d 0009 0007 4064 02 aabb', '20 0001 05 cc', '23 0002'];
    const frames = kinds.map((hex) => ({ ...decode(hex, out) }));
    expect(frames).toEqual([
      fields({ lane: 1, first: true, n16: 9, kind: 7, total: 100, data: fromHex('aabb') }),
      fields({ n16: 1, offset: 5, data: fromHex('cc') }),
      fields({ lane: 1, whole: true, n16: 2 }),
    ]);
  });
});

function datagramBytes(pn: number, pnLength: number, payload: Uint8Array): number {
  const buffer = new Uint8Array(payload.length + 64);
  const start = writeRecordHeader(buffer, cid, 0, pn, pnLength);
  const w = new Writer().reset(buffer, start, buffer.length);
  encodeMessage(w, 1, 70_000, 0, 0, payload.length, payload, 0, payload.length, false);
  const bytes = w.pos + TAG_BYTES;
  return Math.max(bytes, MIN_RECORD_BYTES);
}

function piece(): fc.Arbitrary<{ from: number; to: number; total: number }> {
  return fc.tuple(fc.nat(400), fc.nat(400), fc.nat(400)).map((cuts) => {
    const [from, to, total] = cuts.sort((a, b) => a - b) as [number, number, number];
    return { from, to, total };
  });
}

function piecewise(payload: Uint8Array, from: number, to: number): MessageFrame {
  const bytes = new Uint8Array(to - from + 3 + 2 * varintLength(payload.length));
  const w = new Writer().reset(bytes, 0, bytes.length);
  encodeMessage(w, 0, 5, 0, from, payload.length, payload, from, to, true);
  return decode(toHex(bytes.subarray(0, w.pos)))!;
}

function decode(hex: string, out: MessageFrame = new MessageFrame()): MessageFrame | undefined {
  const bytes = fromHex(hex.replaceAll(' ', ''));
  const r = new Reader().reset(bytes, 0, bytes.length);
  return decodeMessage(r, r.varint(), out) ? out : undefined;
}

function fields(changed: Partial<MessageFrame>): MessageFrame {
  return Object.assign(new MessageFrame(), changed);
}
