import { expect, test } from 'vitest';
import { expandLabel, hkdfExpand } from '../../src/crypto/hkdf.js';
import { createNobleProvider } from '../../src/crypto/noble.js';

const provider = createNobleProvider(() => {
  throw new Error('key derivation needs no random bytes');
});
const secret = new Uint8Array(32).fill(1);

test('a label, a context and a length each change the whole output', () => {
  const outputs = [
    expandLabel(provider, secret, 'key', new Uint8Array(0), 32),
    expandLabel(provider, secret, 'keys', new Uint8Array(0), 32),
    expandLabel(provider, secret, 'key', new Uint8Array(1), 32),
    expandLabel(provider, secret, 'key', new Uint8Array(0), 33),
  ].map((output) => output.subarray(0, 8).join());
  expect(new Set(outputs).size).toBe(4);
});

test('a label cannot be continued in the context', () => {
  const one = expandLabel(provider, secret, 'ke', Uint8Array.of(0x79), 32);
  const two = expandLabel(provider, secret, 'key', new Uint8Array(0), 32);
  expect(one).not.toEqual(two);
});

test('any length up to 255 blocks is a prefix of the longest', () => {
  const longest = hkdfExpand(provider, secret, Uint8Array.of(7), 8160);
  for (const length of [0, 1, 31, 32, 33, 64, 8159]) {
    expect(hkdfExpand(provider, secret, Uint8Array.of(7), length)).toEqual(
      longest.slice(0, length),
    );
  }
});

test('more than HKDF can give is refused, and so are labels that do not fit', () => {
  expect(() => hkdfExpand(provider, secret, new Uint8Array(0), 8161)).toThrow(RangeError);
  expect(() => expandLabel(provider, secret, 'x'.repeat(251), new Uint8Array(0), 32)).toThrow(
    RangeError,
  );
  expect(() => expandLabel(provider, secret, 'x', new Uint8Array(256), 32)).toThrow(RangeError);
});

test('the secret is left as it was', () => {
  expandLabel(provider, secret, 'key', new Uint8Array(0), 80);
  expect(secret).toEqual(new Uint8Array(32).fill(1));
});
