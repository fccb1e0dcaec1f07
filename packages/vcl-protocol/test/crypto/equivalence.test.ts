import type { CryptoProvider } from '@vcl-protocol/core';
import fc from 'fast-check';
import sodium from 'libsodium-wrappers';
import { describe, expect, test } from 'vitest';
import { chooseProvider, listProviders } from '../../src/node/crypto/choose.js';
import { sodiumProvider } from '../../src/web/crypto/sodium.js';

const TAG_BYTES = 16;
const RUNS = { numRuns: 60 } as const;
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
await sodium.ready;
const providers = [
  ...listProviders()
    .filter((report) => report.loads)
    .map((report) => chooseProvider(report.name)),
  sodiumProvider(sodium),
];
const pairs = providers.flatMap((one) => providers.map((other) => ({ one, other })));

describe.each(pairs.map((pair) => ({ ...pair, title: `${pair.one.name} and ${pair.other.name}` })))(
  '$title',
  ({ one, other }) => {
    test('open what the other sealed, and refuse it with one bit flipped', () => {
      fc.assert(
        fc.property(
          exactly(32),
          exactly(16),
          fc.nat({ max: 2 ** 48 - 1 }),
          fc.uint8Array({ maxLength: 32 }),
          fc.uint8Array({ maxLength: 4096, size: 'max' }),
          fc.nat(),
          (key, salt, counter, header, plaintext, bitSeed) => {
            const sealed = seal(one, { key, salt, counter, header, plaintext });
            const altered = flip(sealed, bitSeed % (8 * sealed.length));
            const aead = other.createAead(key, salt);
            expect(aead.open(counter, altered, header.length, altered.length)).toBe(false);
            expect(aead.open(counter, sealed, header.length, sealed.length)).toBe(true);
            const opened = sealed.subarray(header.length, sealed.length - TAG_BYTES);
            expect(opened).toEqual(plaintext);
          },
        ),
        RUNS,
      );
    });

    test('open whole messages of the other, and refuse them with one bit flipped', () => {
      fc.assert(
        fc.property(
          exactly(32),
          exactly(24),
          fc.uint8Array({ maxLength: 32 }),
          fc.uint8Array({ maxLength: 4096, size: 'max' }),
          fc.nat(),
          (key, nonce, aad, plaintext, bitSeed) => {
            const sealed = one.xchachaSeal(key, nonce, aad, plaintext);
            const altered = flip(sealed, bitSeed % (8 * sealed.length));
            expect(other.xchachaOpen(key, nonce, aad, altered)).toBeUndefined();
            expect(other.xchachaOpen(key, nonce, aad, sealed)).toEqual(plaintext);
          },
        ),
        RUNS,
      );
    });
  },
);

describe.each(pairs.filter(({ one, other }) => one !== other && one === providers[0]))(
  '$one.name and $other.name',
  ({ one, other }) => {
    test('sign, hash, derive and agree alike', () => {
      fc.assert(
        fc.property(exactly(32), exactly(32), fc.uint8Array({ maxLength: 600 }), (a, b, data) => {
          expect(other.sha256(data)).toEqual(one.sha256(data));
          expect(other.hmacSha256(a, data)).toEqual(one.hmacSha256(a, data));
          expect(other.createSigner(a).sign(data)).toEqual(one.createSigner(a).sign(data));
          expect(other.x25519(a, b)).toEqual(one.x25519(a, b));
          expect(other.x25519PublicKey(a)).toEqual(one.x25519PublicKey(a));
        }),
        { numRuns: 20 },
      );
    });

    test('judge signatures over damaged points and scalars alike', () => {
      fc.assert(
        fc.property(
          exactly(32),
          exactly(64),
          fc.uint8Array({ maxLength: 8 }),
          (key, noise, data) => {
            expect(other.isValidPublicKey(key)).toBe(one.isValidPublicKey(key));
            expect(other.verify(key, data, noise)).toBe(one.verify(key, data, noise));
          },
        ),
        { numRuns: 40 },
      );
    });
  },
);

interface Sealing {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
  readonly counter: number;
  readonly header: Uint8Array;
  readonly plaintext: Uint8Array;
}

function seal(provider: CryptoProvider, { key, salt, counter, header, plaintext }: Sealing) {
  const end = header.length + plaintext.length;
  const buffer = new Uint8Array(end + TAG_BYTES);
  buffer.set(header);
  buffer.set(plaintext, header.length);
  provider.createAead(key, salt).seal(counter, buffer, header.length, end);
  return buffer;
}

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[bit >>> 3]! ^= 1 << (bit & 7);
  return copy;
}
