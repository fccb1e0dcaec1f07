import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decryptPayload, encryptPayload, hashData, KeyPair } from '../../src/crypto.js';
import { chooseProvider } from '../../src/node/crypto/choose.js';

const SEED = new Uint8Array(32).fill(7);
const PUBLIC_KEY_HEX = 'ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c';
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const failure = (code: string, text: string) =>
  expect.objectContaining({ name: 'VCLError', code, message: expect.stringContaining(text) });

describe('KeyPair', () => {
  test('derives the public key of a seed', () => {
    expect(hexOf(KeyPair.fromSeed(SEED).publicKey)).toBe(PUBLIC_KEY_HEX);
  });

  test('generates pairs that differ, whose keys are valid and whose signatures verify', () => {
    const [one, two] = [KeyPair.generate(), KeyPair.generate()];
    expect(one.publicKey).not.toEqual(two.publicKey);
    expect(one.privateKey).not.toEqual(two.privateKey);
    expect(KeyPair.fromSeed(one.privateKey).publicKey).toEqual(one.publicKey);
    const crypto = chooseProvider();
    const message = Uint8Array.of(1, 2, 3);
    expect(crypto.isValidPublicKey(one.publicKey)).toBe(true);
    expect(crypto.verify(one.publicKey, message, one.sign(message))).toBe(true);
    expect(crypto.verify(two.publicKey, message, one.sign(message))).toBe(false);
  });

  test('does not depend on what becomes of the seed it was made from', () => {
    const seed = Uint8Array.from(SEED);
    const pair = KeyPair.fromSeed(seed);
    seed.fill(0);
    expect(pair.privateKey).toEqual(SEED);
  });

  test('shows its private key neither in JSON nor in logs nor among its properties', () => {
    const pair = KeyPair.fromSeed(SEED);
    const shown = [JSON.stringify(pair), inspect(pair), inspect({ deep: [pair] }), `${pair}`];
    const secret = hexOf(SEED);
    for (const text of shown) expect(text).not.toMatch(/0707|7, ?7|"7"/);
    expect(JSON.parse(shown[0]!)).toEqual({
      publicKey: PUBLIC_KEY_HEX,
      privateKey: '[redacted]',
    });
    expect(inspect(pair)).toContain(PUBLIC_KEY_HEX);
    expect(inspect(pair, { showHidden: true, customInspect: false })).not.toContain(secret);
    expect(Object.keys(pair)).toEqual(['publicKey']);
    expect({ ...pair }).not.toHaveProperty('privateKey');
  });

  test('wipe zeroes the private key where it was handed out, and ends the pair', () => {
    const pair = KeyPair.fromSeed(SEED);
    const handedOut = pair.privateKey;
    pair.wipe();
    expect(handedOut).toEqual(new Uint8Array(32));
    expect(() => pair.privateKey).toThrow(failure('InvalidKey', 'wiped'));
    expect(() => pair.sign(new Uint8Array(1))).toThrow(failure('InvalidKey', 'wiped'));
    expect(hexOf(pair.publicKey)).toBe(PUBLIC_KEY_HEX);
  });

  test.each([0, 31, 33, 64])('refuses a seed of %i bytes', (length) => {
    expect(() => KeyPair.fromSeed(new Uint8Array(length))).toThrow(
      failure('InvalidKey', `${length}`),
    );
  });
});

describe('encryptPayload', () => {
  const key = new Uint8Array(32).fill(9);

  test('decrypts to what it was, with 16 bytes of tag and 24 of nonce', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4096, size: 'max' }), (data) => {
        const { ciphertext, nonce } = encryptPayload(data, key);
        expect([ciphertext.length, nonce.length]).toEqual([data.length + 16, 24]);
        expect(decryptPayload(ciphertext, key, nonce)).toEqual(data);
      }),
      { numRuns: 50 },
    );
  });

  test('never takes one nonce twice', () => {
    const results = Array.from({ length: 200 }, () => encryptPayload(SEED, key));
    expect(new Set(results.map((result) => hexOf(result.nonce))).size).toBe(200);
  });

  test('leaves data and key as they were', () => {
    const data = Uint8Array.of(1, 2, 3);
    encryptPayload(data, key);
    expect(data).toEqual(Uint8Array.of(1, 2, 3));
    expect(key).toEqual(new Uint8Array(32).fill(9));
  });

  test.each([0, 16, 31, 33])('refuses a key of %i bytes, both ways', (length) => {
    const wrong = new Uint8Array(length);
    expect(() => encryptPayload(SEED, wrong)).toThrow(failure('InvalidKey', `${length}`));
    expect(() => decryptPayload(new Uint8Array(16), wrong, new Uint8Array(24))).toThrow(
      failure('InvalidKey', `${length}`),
    );
  });

  test('refuses a key that is no array of bytes', () => {
    const encrypt = encryptPayload as (data: Uint8Array, key: unknown) => unknown;
    expect(() => encrypt(SEED, 'k'.repeat(32))).toThrow(failure('InvalidKey', 'Uint8Array'));
  });

  test('refuses what was altered, cut, or belongs to another key or nonce', () => {
    const { ciphertext, nonce } = encryptPayload(SEED, key);
    const attempts: [Uint8Array, Uint8Array, Uint8Array][] = [
      [flipFirstBit(ciphertext), key, nonce],
      [ciphertext, flipFirstBit(key), nonce],
      [ciphertext, key, flipFirstBit(nonce)],
      [ciphertext.subarray(0, ciphertext.length - 1), key, nonce],
      [new Uint8Array(15), key, nonce],
      [new Uint8Array(0), key, nonce],
      [ciphertext, key, nonce.subarray(0, 12)],
    ];
    for (const attempt of attempts) {
      expect(() => decryptPayload(...attempt)).toThrow(failure('CryptoError', ''));
    }
  });

  function flipFirstBit(bytes: Uint8Array): Uint8Array {
    const copy = Uint8Array.from(bytes);
    copy[0]! ^= 1;
    return copy;
  }
});

test('hashData is SHA-256 for any length', () => {
  for (const length of [0, 1, 255, 256, 257, 5000]) {
    const data = new Uint8Array(length).fill(3);
    const expected = createHash('sha256').update(data).digest('hex');
    expect(hexOf(hashData(data))).toBe(expected);
  }
});
