import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Reader } from '../../src/wire/reader.js';
import { Writer } from '../../src/wire/writer.js';
import { CONTROL_MESSAGES } from './control-table.js';
import { type Fields, FRAMES, type FrameCodec } from './frame-table.js';

/** Frames whose last field runs to the end of the record may lose bytes and stay well-formed. */
const OPEN_ENDED = (fields: Fields): boolean => fields.withLength === false;

describe.each(Object.entries(FRAMES))('the decoder of %s', (name, codec) => {
  it('refuses every truncation of a frame', () => {
    fc.assert(
      fc.property(codec.arbitrary, (fields) => {
        const bytes = encoded(codec, fields);
        const typeBytes = name === 'GREASE' ? 2 : 1;
        for (let end = typeBytes; end < bytes.length; end++) {
          const decoded = decodeWithin(codec, bytes, end);
          if (!OPEN_ENDED(fields)) expect(decoded).toBeUndefined();
        }
      }),
      { numRuns: 50 },
    );
  });

  it('gives a verdict on random bytes and stays inside of them', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 80 }),
        fc.nat(31),
        fc.nat(10),
        (bytes, low, margin) => {
          const padded = Uint8Array.of(...bytes, ...new Uint8Array(margin).fill(0xff));
          const r = new Reader().reset(padded, 0, bytes.length);
          const fields = codec.decode(r, 0x20 | low);
          expect(r.pos).toBeLessThanOrEqual(bytes.length);
          if (fields === undefined) return;
          expect(r.failed).toBe(false);
          for (const value of Object.values(fields)) {
            if (typeof value === 'number') expect(value).toBeGreaterThanOrEqual(0);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe.each(Object.entries(CONTROL_MESSAGES))('the decoder of control message %s', (_, codec) => {
  it('refuses every truncation of a body', () => {
    fc.assert(
      fc.property(codec.arbitrary, (message) => {
        const body = codec.encode(message);
        for (let end = 0; end < body.length; end++) {
          expect(codec.decode(body.subarray(0, end))).toBeUndefined();
        }
      }),
      { numRuns: 20 },
    );
  });

  it('writes again what it accepted of random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const message = codec.decode(bytes);
        if (message === undefined) return;
        // A varint longer than needed is accepted, so only the meaning has to come back.
        expect(codec.decode(codec.encode(message))).toEqual(message);
      }),
      { numRuns: 500 },
    );
  });
});

function encoded(codec: FrameCodec, fields: Fields): Uint8Array {
  const bytes = new Uint8Array(2048);
  const w = new Writer().reset(bytes, 0, bytes.length);
  codec.encode(w, fields);
  return bytes.slice(0, w.pos);
}

function decodeWithin(codec: FrameCodec, bytes: Uint8Array, end: number): Fields | undefined {
  const r = new Reader().reset(bytes, 0, end);
  const type = r.varint();
  return codec.decode(r, type);
}
