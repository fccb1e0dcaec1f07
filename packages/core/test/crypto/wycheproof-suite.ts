import { expect, test } from 'vitest';
import { hkdfExpand, hkdfExtract } from '../../src/crypto/hkdf.js';
import type { CryptoProvider } from '../../src/crypto/provider.js';
import { bytes, hasWycheproof, wycheproof, wycheproofNote } from './vectors.js';

const NONCE_BITS = 192;
const testWycheproof = test.skipIf(!hasWycheproof);

/**
 * The part of the provider suite that runs on the files of C2SP/wycheproof, which are no part of
 * this repository: skipped, by name, where they are absent.
 */
export function describeWycheproof(provider: CryptoProvider): void {
  testWycheproof(`agrees with Wycheproof on Ed25519${wycheproofNote}`, () => {
    for (const { tcId, publicKey, msg, sig, result } of wycheproof('ed25519_test.json')) {
      const { pk } = publicKey as { pk: string };
      const verdict = provider.verify(bytes(pk), bytes(msg), bytes(sig));
      expect({ tcId, verdict }).toEqual({ tcId, verdict: result === 'valid' });
    }
  });

  testWycheproof(`agrees with Wycheproof on X25519${wycheproofNote}`, () => {
    for (const { tcId, private: secret, public: peer, shared } of wycheproof('x25519_test.json')) {
      const expected = bytes(shared);
      const refused = expected.every((byte) => byte === 0);
      expect({ tcId, shared: provider.x25519(bytes(secret), bytes(peer)) }).toEqual({
        tcId,
        shared: refused ? undefined : expected,
      });
    }
  });

  testWycheproof(`agrees with Wycheproof on XChaCha20-Poly1305${wycheproofNote}`, () => {
    const tests = wycheproof('xchacha20_poly1305_test.json');
    for (const { tcId, key, iv, aad, msg, ct, tag, result, ivSize } of tests) {
      // Nonces of another length cannot be passed to a provider.
      if (ivSize !== NONCE_BITS) continue;
      const sealed = Uint8Array.of(...bytes(ct), ...bytes(tag));
      const opened = provider.xchachaOpen(bytes(key), bytes(iv), bytes(aad), sealed);
      expect({ tcId, opened }).toEqual({
        tcId,
        opened: result === 'valid' ? bytes(msg) : undefined,
      });
    }
  });

  testWycheproof(`agrees with Wycheproof on HMAC-SHA-256${wycheproofNote}`, () => {
    for (const { tcId, key, msg, tag, tagSize, result } of wycheproof('hmac_sha256_test.json')) {
      const whole = provider.hmacSha256(bytes(key), bytes(msg));
      const equal = provider.equal(whole.subarray(0, Number(tagSize) / 8), bytes(tag));
      expect({ tcId, equal }).toEqual({ tcId, equal: result === 'valid' });
    }
  });

  testWycheproof(`agrees with Wycheproof on HKDF-SHA-256${wycheproofNote}`, () => {
    for (const { tcId, ikm, salt, info, size, okm, result } of wycheproof(
      'hkdf_sha256_test.json',
    )) {
      const prk = hkdfExtract(provider, bytes(salt), bytes(ikm));
      const expand = (): Uint8Array => hkdfExpand(provider, prk, bytes(info), Number(size));
      if (result === 'valid') expect({ tcId, okm: expand() }).toEqual({ tcId, okm: bytes(okm) });
      else expect(expand).toThrow(RangeError);
    }
  });
}
