import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeBase64url, encodeBase64, encodeBase64url } from '../../src/identity/base64.js';

test('writes what Node writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const buffer = Buffer.from(bytes);
      expect(encodeBase64url(bytes)).toBe(buffer.toString('base64url'));
      expect(encodeBase64(bytes)).toBe(buffer.toString('base64').replace(/=+$/, ''));
    }),
  );
});

test('reads what it writes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
    }),
  );
});

test('reads one text for each value, and nothing else', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 12 }), (text) => {
      const read = decodeBase64url(text);
      expect(read === undefined || encodeBase64url(read) === text).toBe(true);
    }),
  );
  for (const text of ['A', 'AB', 'AA==', 'A+/A', 'AA\n', ' AA']) {
    expect(decodeBase64url(text)).toBeUndefined();
  }
});
