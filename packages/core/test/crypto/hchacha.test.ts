import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { hchachaSubkey } from '../../src/crypto/hchacha.js';
import { createNobleAead } from '../../src/crypto/noble-aead.js';
import { bytes, vectors } from './vectors.js';

test.each(vectors.hchacha.vectors)('derives the subkey $subkey', ({ key, nonce, subkey }) => {
  expect(hchachaSubkey(bytes(key), bytes(nonce))).toEqual(bytes(subkey));
});

test('uses the first 16 bytes of a longer nonce, and key and nonce stay as they were', () => {
  const { key, nonce, subkey } = vectors.hchacha.vectors[0]!;
  const [givenKey, givenNonce] = [
    bytes(key),
    Uint8Array.of(...bytes(nonce), 1, 2, 3, 4, 5, 6, 7, 8),
  ];
  expect(hchachaSubkey(givenKey, givenNonce)).toEqual(bytes(subkey));
  expect(givenKey).toEqual(bytes(key));
  expect(givenNonce.subarray(0, 16)).toEqual(bytes(nonce));
});

test('a cached subkey gives what XChaCha20-Poly1305 with the whole nonce gives', () => {
  const array = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(
      array(32),
      array(16),
      fc.nat({ max: 2 ** 48 - 1 }),
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ maxLength: 300 }),
      (key, salt, counter, aad, plaintext) => {
        const end = aad.length + plaintext.length;
        const buffer = new Uint8Array(end + 16);
        buffer.set(aad);
        buffer.set(plaintext, aad.length);
        createNobleAead(key, salt).seal(counter, buffer, aad.length, end);

        const nonce = new Uint8Array(24);
        nonce.set(salt);
        new DataView(nonce.buffer).setBigUint64(16, BigInt(counter), true);
        const whole = xchacha20poly1305(key, nonce, aad).encrypt(plaintext);
        expect(buffer.slice(aad.length)).toEqual(whole);
      },
    ),
  );
});
