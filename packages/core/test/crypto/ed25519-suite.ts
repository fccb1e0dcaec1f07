import { ED25519_TORSION_SUBGROUP, ed25519 } from '@noble/curves/ed25519.js';
import { bytesToNumberLE, numberToBytesLE } from '@noble/curves/utils.js';
import { sha512 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { bytes, vectors } from './vectors.js';

/** The Ed25519 part of the provider suite: values of RFC 8032, verdicts of SPEC 2.3. */
export function describeEd25519(provider: CryptoProvider): void {
  test.each(vectors.ed25519.vectors)('signs as $publicKey does', (vector) => {
    const signer = provider.createSigner(bytes(vector.seed));
    expect(signer.publicKey).toEqual(bytes(vector.publicKey));
    const signature = signer.sign(bytes(vector.message));
    expect(signature).toEqual(bytes(vector.signature));
    expect(signature.constructor).toBe(Uint8Array);
    expect(provider.verify(signer.publicKey, bytes(vector.message), signature)).toBe(true);
    expect(provider.isValidPublicKey(signer.publicKey)).toBe(true);
  });

  test.each(vectors.ed25519Verdicts.vectors)('judges $name', (vector) => {
    const publicKey = bytes(vector.publicKey);
    expect(provider.isValidPublicKey(publicKey)).toBe(vector.validKey);
    expect(provider.verify(publicKey, bytes(vector.message), bytes(vector.signature))).toBe(
      vector.valid,
    );
  });

  test('refuses every small-order key, canonical or not, and every such R', () => {
    for (const point of smallOrderEncodings()) {
      expect(provider.isValidPublicKey(point)).toBe(false);
      const signature = new Uint8Array(64);
      signature.set(point);
      expect(provider.verify(point, new Uint8Array(3), signature)).toBe(false);
      const honestKey = bytes(vectors.ed25519.vectors[0]!.publicKey);
      expect(provider.verify(honestKey, new Uint8Array(3), signature)).toBe(false);
    }
  });

  test('judges keys and points with torsion by the cofactorless equation', () => {
    const verdicts = new Set<string>();
    fc.assert(
      fc.property(fc.bigInt(1n, 2n ** 200n), fc.nat({ max: 7 }), fc.nat({ max: 7 }), (r, i, j) => {
        const { publicKey, message, signature, valid } = signWithTorsion(r, i, j);
        expect(provider.isValidPublicKey(publicKey)).toBe(i === 0);
        expect(provider.verify(publicKey, message, signature)).toBe(valid);
        verdicts.add(`${i === 0} ${valid}`);
      }),
      { numRuns: 60, seed: 1 },
    );
    // Of the mixed-order keys about one in eight passes, and never a mixed R under a valid key.
    expect([...verdicts].sort()).toEqual(['false false', 'false true', 'true false', 'true true']);
  });

  test('says the same at the hundredth signature of a key, and for several keys in turn', () => {
    const message = Uint8Array.of(1, 2, 3);
    const signers = [1, 2, 3, 4, 5, 6].map((byte) =>
      provider.createSigner(new Uint8Array(32).fill(byte)),
    );
    const signatures = signers.map((signer) => signer.sign(message));
    for (let round = 0; round < 5; round++) {
      signers.forEach(({ publicKey }, i) => {
        expect(provider.verify(publicKey, message, signatures[i]!)).toBe(true);
        expect(provider.verify(publicKey, message, signatures[(i + 1) % 6]!)).toBe(false);
      });
    }
    for (let round = 0; round < 50; round++) {
      expect(provider.verify(signers[0]!.publicKey, message, signatures[0]!)).toBe(true);
      expect(provider.verify(signers[0]!.publicKey, message, signatures[1]!)).toBe(false);
    }
  });

  test('refuses keys off the curve and of another length', () => {
    // y = 2 has no x on the curve.
    const offCurve = new Uint8Array(32);
    offCurve[0] = 2;
    const { message, signature, publicKey } = vectors.ed25519.vectors[1]!;
    for (const key of [offCurve, new Uint8Array(0), bytes(publicKey).subarray(1)]) {
      expect(provider.isValidPublicKey(key)).toBe(false);
      expect(provider.verify(key, bytes(message), bytes(signature))).toBe(false);
    }
  });

  test('refuses a signature with a flipped bit or another length, or for another message', () => {
    const { message, signature, publicKey } = vectors.ed25519.vectors[2]!;
    const [key, text, whole] = [bytes(publicKey), bytes(message), bytes(signature)];
    fc.assert(
      fc.property(fc.nat({ max: 511 }), (bit) => {
        const altered = Uint8Array.from(whole);
        altered[bit >>> 3]! ^= 1 << (bit & 7);
        expect(provider.verify(key, text, altered)).toBe(false);
      }),
      { numRuns: 30 },
    );
    expect(provider.verify(key, text, whole.subarray(0, 63))).toBe(false);
    expect(provider.verify(key, text, Uint8Array.of(...whole, 0))).toBe(false);
    expect(provider.verify(key, Uint8Array.of(...text, 0), whole)).toBe(false);
  });

  test('copies the seed, and cannot sign after wiping', () => {
    const { seed, message, signature } = vectors.ed25519.vectors[1]!;
    const given = bytes(seed);
    const signer = provider.createSigner(given);
    given.fill(0);
    expect(signer.sign(bytes(message))).toEqual(bytes(signature));
    signer.wipe();
    expect(() => signer.sign(bytes(message))).toThrow('wiped');
  });
}

/**
 * A signature whose key and R carry multiples of a point of order eight, over a message that hides
 * it from the cofactored equation. It is valid when the two multiples cancel out.
 */
function signWithTorsion(nonce: bigint, keyTorsion: number, rTorsion: number) {
  const { Point } = ed25519;
  const secret = 0x1234_5678_9abc_def0n;
  const torsion = Point.fromHex(ED25519_TORSION_SUBGROUP[1]!);
  const times = (count: number) => torsion.multiplyUnsafe(BigInt(count));
  const publicKey = Point.BASE.multiply(secret).add(times(keyTorsion)).toBytes();
  const r = Point.BASE.multiply(nonce).add(times(rTorsion)).toBytes();
  const message = Uint8Array.of(keyTorsion, rTorsion);
  const hash = sha512(Uint8Array.of(...r, ...publicKey, ...message));
  const challenge = Point.Fn.create(bytesToNumberLE(hash));
  const s = Point.Fn.create(nonce + challenge * secret);
  return {
    publicKey,
    message,
    signature: Uint8Array.of(...r, ...numberToBytesLE(s, 32)),
    valid: (challenge * BigInt(keyTorsion) + BigInt(rTorsion)) % 8n === 0n,
  };
}

/** The eight points, each also with the sign bit turned over and with y + p where that fits. */
function smallOrderEncodings(): readonly Uint8Array[] {
  const canonical = ED25519_TORSION_SUBGROUP.map((point) => bytes(point));
  const turned = canonical.map((point) => {
    const other = Uint8Array.from(point);
    other[31]! ^= 0x80;
    return other;
  });
  const [zeroPlusP, onePlusP] = [0xed, 0xee].map((low) => {
    const point = new Uint8Array(32).fill(0xff);
    point[0] = low;
    return point;
  });
  const unsigned = [zeroPlusP!, onePlusP!].map((point) => {
    const other = Uint8Array.from(point);
    other[31] = 0x7f;
    return other;
  });
  return [...canonical, ...turned, zeroPlusP!, onePlusP!, ...unsigned];
}
