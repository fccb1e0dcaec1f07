import { expect, test } from 'vitest';
import { NoncePool } from '../../src/nonce-pool.js';

test('hands out every drawn byte once, and draws again when they are used up', () => {
  let drawn = 0;
  const pool = new NoncePool({
    randomBytes(out) {
      for (let i = 0; i < out.length; i++) out[i] = drawn++;
    },
  });
  // Uint8Array numbers the drawn bytes modulo 256, on both sides of the comparison.
  const nonces = Array.from({ length: 40 }, () => Uint8Array.from(pool.next()));
  nonces.forEach((nonce, i) => {
    expect(nonce).toEqual(Uint8Array.from({ length: 24 }, (_, byte) => 24 * i + byte));
  });
  expect(drawn).toBe(48 * 24);
});
