// Cryptography that protects nothing and costs little, so that runs go where real cryptography
// would stop them and millions of them are possible. What it keeps: hashes of different bytes differ,
// both sides of an exchange get the same secret, a signature fits one key and one message.

const HASH_BYTES = 32;
const TAG = new Uint8Array(16).fill(0x5a);

/** A mask that is cheap and not all zeros; the real one is a block of ChaCha20. */
export class FakeMask {
  mask(buffer, offset, out) {
    for (let i = 0; i < 13; i++) out[i] = (buffer[offset + i] * 7 + i) & 0xff;
  }

  wipe() {}
}

/** A hash that takes its input in any pieces: eight lanes of multiply and rotate, mixed at the end. */
class FakeHasher {
  #state = new Int32Array(8);
  #length = 0;

  update(part) {
    const state = this.#state;
    let at = this.#length;
    for (let i = 0; i < part.length; i++, at++) {
      const mixed = Math.imul(state[at & 7] ^ part[i], 0x01000193) + 0x9e37;
      state[at & 7] = (mixed << 5) | (mixed >>> 27);
    }
    this.#length = at;
  }

  digest() {
    const state = this.#state;
    let carry = this.#length ^ 0x5bd1e995;
    for (let i = 0; i < 16; i++) {
      carry = Math.imul(carry ^ state[i & 7], 0x85ebca6b);
      carry ^= carry >>> 13;
      state[i & 7] ^= Math.imul(carry, 0xc2b2ae35);
      carry = (carry + state[i & 7]) | 0;
    }
    return new Uint8Array(state.buffer);
  }
}

/** The hash of parts one after the other, 32 bytes. */
export function fakeHash(...parts) {
  const hasher = new FakeHasher();
  for (let i = 0; i < parts.length; i++) hasher.update(parts[i]);
  return hasher.digest();
}

/**
 * A provider for the core.
 *
 * @param options `isLenient`: comparisons and signatures are always right, so that what stands behind
 *   them is reached; `seed` of the random bytes
 */
export function createFakeProvider({ isLenient = false, seed = 1 } = {}) {
  let drawn = seed | 0;
  const equal = (a, b) => {
    if (a.length !== b.length) return false;
    for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
    return true;
  };
  const xor = (a, b) => a.map((byte, i) => byte ^ b[i]);
  const sign = (publicKey, message) => {
    const hash = fakeHash(publicKey, message);
    const signature = new Uint8Array(64);
    signature.set(hash);
    signature.set(hash, HASH_BYTES);
    return signature;
  };
  return {
    name: 'fake',
    insecure: true,
    /** Starts the random bytes over, so that every run gets the same. */
    restart() {
      drawn = seed | 0;
    },
    randomBytes(out) {
      for (let i = 0; i < out.length; i++) {
        drawn = (Math.imul(drawn, 1_664_525) + 1_013_904_223) | 0;
        out[i] = drawn >>> 24;
      }
    },
    sha256: (data) => fakeHash(data),
    createSha256: () => new FakeHasher(),
    hmacSha256: (key, data) => fakeHash(key, data),
    createAead: () => FAKE_AEAD,
    xchachaSeal(_key, _nonce, _aad, plaintext) {
      const sealed = new Uint8Array(plaintext.length + TAG.length);
      sealed.set(plaintext);
      sealed.set(TAG, plaintext.length);
      return sealed;
    },
    xchachaOpen(_key, _nonce, _aad, ciphertext) {
      if (ciphertext.length < TAG.length) return undefined;
      return ciphertext.slice(0, ciphertext.length - TAG.length);
    },
    x25519PublicKey: (secret) => secret.slice(),
    x25519(secret, peer) {
      const shared = xor(secret, peer);
      return shared.every((byte) => byte === 0) ? undefined : shared;
    },
    createSigner(seedBytes) {
      const publicKey = seedBytes.slice();
      return { publicKey, sign: (message) => sign(publicKey, message), wipe() {} };
    },
    verify: (publicKey, message, signature) =>
      isLenient ? signature[0] !== 0xff : equal(sign(publicKey, message), signature),
    isValidPublicKey: (publicKey) => publicKey[0] !== 0xff,
    equal: isLenient ? (a, b) => a.length === b.length && a[0] !== 0xff : equal,
  };
}

/** Seals nothing: the ciphertext is the plaintext, the tag is always right. */
const FAKE_AEAD = {
  seal(_counter, buffer, _start, end) {
    buffer.set(TAG, end);
  },
  open: (_counter, _buffer, start, end) => end - start >= TAG.length,
  wipe() {},
};
