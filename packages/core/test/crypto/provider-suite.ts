import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { concat } from '../../src/crypto/bytes.js';
import { expandLabel, hkdfExpand, hkdfExtract } from '../../src/crypto/hkdf.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { describeEd25519 } from './ed25519-suite.js';
import { bytes, vectors } from './vectors.js';
import { describeWycheproof } from './wycheproof-suite.js';

const TAG_BYTES = 16;

/**
 * The suite that every provider passes: the same vectors, the same verdicts. Called once for each
 * provider, at the top level of a test file.
 */
export function describeProvider(provider: CryptoProvider): void {
  describe(`provider ${provider.name}`, () => {
    describeHashes(provider);
    describeAead(provider);
    describeWholeMessages(provider);
    describeX25519(provider);
    describeEd25519(provider);
    describeWycheproof(provider);
    describeRest(provider);
  });
}

function describeHashes(provider: CryptoProvider): void {
  test.each(vectors.sha256.vectors)('hashes $message', ({ message, digest }) => {
    expect(provider.sha256(bytes(message))).toEqual(bytes(digest));
  });

  test('hashes in pieces of any size as at once', () => {
    const piece = fc.uint8Array({ maxLength: 600 });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 5 }), (pieces) => {
        const hash = provider.createSha256();
        for (const part of pieces) hash.update(part);
        expect(hash.digest()).toEqual(provider.sha256(concat(...pieces)));
      }),
    );
  });

  test('gives digests that nothing else overwrites', () => {
    const first = provider.sha256(Uint8Array.of(1));
    const copy = Uint8Array.from(first);
    provider.sha256(Uint8Array.of(2));
    expect(first).toEqual(copy);
    expect(first.constructor).toBe(Uint8Array);
  });

  test.each(vectors.hmac.vectors)('authenticates $message', ({ key, message, tag }) => {
    expect(provider.hmacSha256(bytes(key), bytes(message))).toEqual(bytes(tag));
  });

  test.each(vectors.hkdf.vectors)('derives $okm', (vector) => {
    const prk = hkdfExtract(provider, bytes(vector.salt), bytes(vector.ikm));
    expect(prk).toEqual(bytes(vector.prk));
    expect(hkdfExpand(provider, prk, bytes(vector.info), vector.length)).toEqual(bytes(vector.okm));
  });

  test.each(vectors.expandLabel.vectors)('derives under the label "$label"', (vector) => {
    const { secret, label, context, length, output } = vector;
    expect(expandLabel(provider, bytes(secret), label, bytes(context), length)).toEqual(
      bytes(output),
    );
  });
}

function describeAead(provider: CryptoProvider): void {
  test.each(vectors.aead.vectors)('seals record $counter in place and opens it', (vector) => {
    const [header, plaintext, sealed] = [vector.header, vector.plaintext, vector.sealed].map(bytes);
    const aead = provider.createAead(bytes(vector.key), bytes(vector.salt));
    const start = header!.length;
    const buffer = concat(header!, plaintext!, new Uint8Array(TAG_BYTES + 3).fill(9));
    const end = start + plaintext!.length;

    aead.seal(vector.counter, buffer, start, end);
    expect(buffer).toEqual(concat(header!, sealed!, Uint8Array.of(9, 9, 9)));

    expect(aead.open(vector.counter, buffer, start, end + TAG_BYTES)).toBe(true);
    expect(buffer.subarray(0, end)).toEqual(concat(header!, plaintext!));
  });

  test('works inside a larger buffer at any offset', () => {
    const aead = provider.createAead(new Uint8Array(32).fill(3), new Uint8Array(16).fill(4));
    const whole = new Uint8Array(200).fill(7);
    const view = whole.subarray(51, 151);
    aead.seal(5, view, 13, 50);
    expect(whole.subarray(0, 51 + 13).every((byte) => byte === 7)).toBe(true);
    expect(whole.subarray(51 + 50 + TAG_BYTES).every((byte) => byte === 7)).toBe(true);
    expect(aead.open(5, view, 13, 50 + TAG_BYTES)).toBe(true);
    expect(whole.every((byte, i) => byte === 7 || (i >= 101 && i < 101 + TAG_BYTES))).toBe(true);
  });

  test('refuses another counter, a flipped bit anywhere, and what is shorter than a tag', () => {
    const aead = provider.createAead(new Uint8Array(32).fill(3), new Uint8Array(16).fill(4));
    const sealed = new Uint8Array(60);
    aead.seal(8, sealed, 13, sealed.length - TAG_BYTES);
    const openCopy = (counter: number, flippedBit?: number): boolean => {
      const copy = Uint8Array.from(sealed);
      if (flippedBit !== undefined) copy[flippedBit >>> 3]! ^= 1 << (flippedBit & 7);
      return aead.open(counter, copy, 13, copy.length);
    };
    expect(openCopy(8)).toBe(true);
    expect(openCopy(9)).toBe(false);
    for (let bit = 0; bit < 8 * sealed.length; bit += 3) expect(openCopy(8, bit)).toBe(false);
    expect(aead.open(8, sealed, 13, 13 + TAG_BYTES - 1)).toBe(false);
  });

  test('copies key and salt, and cannot be used after wiping', () => {
    const [key, salt] = [new Uint8Array(32).fill(3), new Uint8Array(16).fill(4)];
    const aead = provider.createAead(key, salt);
    const twin = provider.createAead(key, salt);
    key.fill(0);
    salt.fill(0);
    const [one, two] = [new Uint8Array(40), new Uint8Array(40)];
    aead.seal(1, one, 0, 24);
    twin.seal(1, two, 0, 24);
    expect(one).toEqual(two);

    aead.wipe();
    expect(() => aead.seal(2, new Uint8Array(40), 0, 24)).toThrow('wiped');
    expect(aead.open(1, two, 0, 40)).toBe(false);
  });
}

function describeWholeMessages(provider: CryptoProvider): void {
  test.each(vectors.xchacha.vectors)('seals and opens whole messages: $name', (vector) => {
    const [key, nonce, aad, plaintext, ciphertext] = [
      vector.key,
      vector.nonce,
      vector.aad,
      vector.plaintext,
      vector.ciphertext,
    ].map(bytes) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
    expect(provider.xchachaSeal(key, nonce, aad, plaintext)).toEqual(ciphertext);
    const before = Uint8Array.from(ciphertext);
    expect(provider.xchachaOpen(key, nonce, aad, ciphertext)).toEqual(plaintext);
    expect(ciphertext).toEqual(before);

    expect(provider.xchachaOpen(key, nonce, concat(aad, aad, key), ciphertext)).toBeUndefined();
    expect(provider.xchachaOpen(key, nonce, aad, ciphertext.subarray(1))).toBeUndefined();
    expect(provider.xchachaOpen(key, nonce, aad, new Uint8Array(TAG_BYTES - 1))).toBeUndefined();
  });
}

function describeX25519(provider: CryptoProvider): void {
  test.each(vectors.x25519.vectors)('agrees with $publicKey', ({ secret, publicKey, shared }) => {
    expect(provider.x25519(bytes(secret), bytes(publicKey))).toEqual(bytes(shared));
  });

  test.each(vectors.x25519PublicKeys.vectors)('knows the public key of $secret', (vector) => {
    expect(provider.x25519PublicKey(bytes(vector.secret))).toEqual(bytes(vector.publicKey));
  });

  test.each(vectors.x25519LowOrder.vectors)('refuses the low-order point %s', (point) => {
    expect(provider.x25519(new Uint8Array(32).fill(5), bytes(point))).toBeUndefined();
  });

  test('refuses a public key of another length', () => {
    expect(provider.x25519(new Uint8Array(32).fill(5), new Uint8Array(31))).toBeUndefined();
  });
}

function describeRest(provider: CryptoProvider): void {
  test('fills all of an array with bytes that differ from call to call', () => {
    const [one, two] = [new Uint8Array(64), new Uint8Array(64)];
    provider.randomBytes(one);
    provider.randomBytes(two);
    expect(one).not.toEqual(two);
    expect(one.subarray(48)).not.toEqual(new Uint8Array(16));
  });

  test('compares by content, and never arrays of different length', () => {
    const array = Uint8Array.of(1, 2, 3);
    expect(provider.equal(array, Uint8Array.of(1, 2, 3))).toBe(true);
    expect(provider.equal(array, Uint8Array.of(1, 2, 4))).toBe(false);
    expect(provider.equal(array, Uint8Array.of(1, 2))).toBe(false);
    expect(provider.equal(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });
}
