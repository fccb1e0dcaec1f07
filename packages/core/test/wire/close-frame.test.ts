import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CloseFrame, decodeClose, encodeClose } from '../../src/wire/frames/close-frame.js';
import { Reader } from '../../src/wire/reader.js';
import { utf8Decode, utf8Encode } from '../../src/wire/utf8.js';
import { Writer } from '../../src/wire/writer.js';
import { toHex } from './hex.js';

const anyText = fc.string({ unit: 'binary', maxLength: 200 });

describe('the reason of a CLOSE', () => {
  it.each([
    ['x'.repeat(200), 'x'.repeat(128)],
    [`${'x'.repeat(127)}é`, 'x'.repeat(127)],
    [`${'x'.repeat(126)}世`, 'x'.repeat(126)],
    [`${'x'.repeat(125)}🌍`, 'x'.repeat(125)],
    [`${'x'.repeat(124)}🌍`, `${'x'.repeat(124)}🌍`],
  ])('is cut to 128 bytes after a whole character: %s', (reason, expected) => {
    expect(roundTrip(reason)).toBe(expected);
  });

  it('is refused beyond 128 bytes', () => {
    expect(decode(frame(new Uint8Array(129).fill(0x78)))).toBeUndefined();
    expect(decode(frame(new Uint8Array(128).fill(0x78)))?.reason).toBe('x'.repeat(128));
  });

  it('is refused when it is not UTF-8', () => {
    expect(decode(frame(Uint8Array.of(0x61, 0xff)))).toBeUndefined();
  });
});

describe('utf8Encode', () => {
  it('does what TextEncoder does when there is room', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, halfPairs()), (text) => {
        expect(toHex(utf8Encode(text, 10_000))).toBe(toHex(new TextEncoder().encode(text)));
      }),
    );
  });

  it('never exceeds its limit and always ends after a whole character', () => {
    fc.assert(
      fc.property(anyText, fc.nat(50), (text, maxBytes) => {
        const bytes = utf8Encode(text, maxBytes);
        expect(bytes.length).toBeLessThanOrEqual(maxBytes);
        expect(text.startsWith(utf8Decode(bytes)!)).toBe(true);
      }),
    );
  });
});

describe('utf8Decode', () => {
  it('gives the verdict and the text of a strict TextDecoder', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const nearlyText = fc
      .tuple(anyText, fc.array(fc.tuple(fc.nat(20), fc.nat(255)), { maxLength: 2 }))
      .map(([text, changes]) => {
        const bytes = new TextEncoder().encode(text);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(nearlyText, fc.uint8Array({ maxLength: 8 })), (bytes) => {
        let expected: string | undefined;
        try {
          expected = strict.decode(bytes);
        } catch {
          expected = undefined;
        }
        expect(utf8Decode(bytes)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ['a form longer than needed', [0xc0, 0x80]],
    ['a long form of three bytes', [0xe0, 0x80, 0x80]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a point above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
    ['a sequence of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ['a continuation alone', [0x80]],
    ['a sequence cut short', [0xe4, 0xb8]],
  ])('refuses %s', (_, bytes) => {
    expect(utf8Decode(Uint8Array.from(bytes))).toBeUndefined();
  });
});

function halfPairs(): fc.Arbitrary<string> {
  return fc
    .array(fc.integer({ min: 0xd700, max: 0xe000 }), { maxLength: 10 })
    .map((units) => String.fromCharCode(...units));
}

function frame(reason: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(256);
  const w = new Writer().reset(bytes, 0, 256);
  w.u16(1);
  w.varint(0);
  w.u32(0);
  w.varint(reason.length);
  w.bytes(reason);
  return bytes.slice(0, w.pos);
}

function decode(bytes: Uint8Array): CloseFrame | undefined {
  const out = new CloseFrame();
  return decodeClose(new Reader().reset(bytes, 0, bytes.length), out) ? out : undefined;
}

function roundTrip(reason: string): string | undefined {
  const bytes = new Uint8Array(256);
  const w = new Writer().reset(bytes, 0, 256);
  encodeClose(w, 18, 0, 7, reason);
  return decode(bytes.slice(1, w.pos))?.reason;
}
