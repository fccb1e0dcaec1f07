import { numberToBytesLE } from '@noble/curves/utils.js';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWellFormedPublicKey, isWellFormedSignature } from '../../src/crypto/ed25519-encoding.js';

const FIELD_PRIME = 2n ** 255n - 19n;
const GROUP_ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const SIGN_BIT = 2n ** 255n;
const encode = (number: bigint): Uint8Array => numberToBytesLE(number, 32);
const signature = (r: bigint, s: bigint) => Uint8Array.of(...encode(r), ...encode(s));

describe('a public key is well formed', () => {
  test('when y is below p, and with either sign', () => {
    for (const y of [2n, 3n, FIELD_PRIME - 2n, 2n ** 254n]) {
      expect(isWellFormedPublicKey(encode(y))).toBe(true);
      expect(isWellFormedPublicKey(encode(y | SIGN_BIT))).toBe(true);
    }
  });

  test('and not for any of the nineteen y from p on, with either sign', () => {
    for (let y = FIELD_PRIME; y < SIGN_BIT; y++) {
      expect(isWellFormedPublicKey(encode(y))).toBe(false);
      expect(isWellFormedPublicKey(encode(y | SIGN_BIT))).toBe(false);
    }
  });

  test('and not for y = 0, 1 and -1, with either sign', () => {
    for (const y of [0n, 1n, FIELD_PRIME - 1n]) {
      expect(isWellFormedPublicKey(encode(y))).toBe(false);
      expect(isWellFormedPublicKey(encode(y | SIGN_BIT))).toBe(false);
    }
  });

  test('and not with another length', () => {
    expect(isWellFormedPublicKey(new Uint8Array(31).fill(2))).toBe(false);
    expect(isWellFormedPublicKey(new Uint8Array(33).fill(2))).toBe(false);
  });
});

describe('a signature is well formed', () => {
  const key = encode(3n);

  test('exactly when S is below L', () => {
    expect(isWellFormedSignature(key, signature(3n, GROUP_ORDER - 1n))).toBe(true);
    expect(isWellFormedSignature(key, signature(3n, GROUP_ORDER))).toBe(false);
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 256n - 1n), fc.boolean(), (number, small) => {
        const s = small ? number % (2n * GROUP_ORDER) : number;
        expect(isWellFormedSignature(key, signature(3n, s))).toBe(s < GROUP_ORDER);
      }),
    );
  });

  test('when R is as a public key must be', () => {
    expect(isWellFormedSignature(key, signature(FIELD_PRIME + 3n, 5n))).toBe(false);
    expect(isWellFormedSignature(key, signature(1n, 5n))).toBe(false);
    expect(isWellFormedSignature(encode(FIELD_PRIME + 3n), signature(3n, 5n))).toBe(false);
    expect(isWellFormedSignature(key.subarray(1), signature(3n, 5n))).toBe(false);
  });

  test('when it has 64 bytes', () => {
    expect(isWellFormedSignature(key, signature(3n, 5n).subarray(0, 63))).toBe(false);
    expect(isWellFormedSignature(key, new Uint8Array(0))).toBe(false);
  });
});
