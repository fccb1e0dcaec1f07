import { createCipheriv, createDecipheriv } from 'node:crypto';
import { type Aead, concat, hchachaSubkey, VCLError, writeU64le } from '@vcl-protocol/core';
import { plainBytes } from './plain.js';

const CIPHER = 'chacha20-poly1305';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const OPTIONS = { authTagLength: TAG_BYTES } as const;

/** `CryptoProvider.createAead` by OpenSSL under the cached HChaCha20 subkey (SPEC 2.1). */
export function createOpensslAead(key: Uint8Array, salt: Uint8Array): Aead {
  const subkey = hchachaSubkey(key, salt);
  const nonce = new Uint8Array(NONCE_BYTES);
  let wiped = false;
  return {
    seal(counter: number, buffer: Uint8Array, start: number, end: number): void {
      if (wiped) throw new VCLError('InvalidKey', 'the sealing key was wiped, derive a new one');
      writeU64le(nonce, 4, counter);
      const cipher = createCipheriv(CIPHER, subkey, nonce, OPTIONS);
      cipher.setAAD(buffer.subarray(0, start), { plaintextLength: end - start });
      buffer.set(cipher.update(buffer.subarray(start, end)), start);
      cipher.final();
      buffer.set(cipher.getAuthTag(), end);
    },
    open(counter: number, buffer: Uint8Array, start: number, end: number): boolean {
      if (wiped || end - start < TAG_BYTES) return false;
      writeU64le(nonce, 4, counter);
      const aad = buffer.subarray(0, start);
      const plaintext = decrypt(subkey, nonce, aad, buffer.subarray(start, end));
      if (plaintext === undefined) return false;
      buffer.set(plaintext, start);
      return true;
    },
    wipe(): void {
      subkey.fill(0);
      wiped = true;
    },
  };
}

/** `CryptoProvider.xchachaSeal` by OpenSSL. */
export function opensslXchachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const subkey = hchachaSubkey(key, nonce);
  const cipher = createCipheriv(CIPHER, subkey, innerNonce(nonce), OPTIONS);
  cipher.setAAD(aad, { plaintextLength: plaintext.length });
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  subkey.fill(0);
  return concat(ciphertext, cipher.getAuthTag());
}

/** `CryptoProvider.xchachaOpen` by OpenSSL. */
export function opensslXchachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  if (ciphertext.length < TAG_BYTES) return undefined;
  const subkey = hchachaSubkey(key, nonce);
  const plaintext = decrypt(subkey, innerNonce(nonce), aad, ciphertext);
  subkey.fill(0);
  return plaintext;
}

function decrypt(
  subkey: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const tagStart = ciphertext.length - TAG_BYTES;
  const decipher = createDecipheriv(CIPHER, subkey, nonce, OPTIONS);
  decipher.setAAD(aad, { plaintextLength: tagStart });
  decipher.setAuthTag(ciphertext.subarray(tagStart));
  const plaintext = decipher.update(ciphertext.subarray(0, tagStart));
  try {
    decipher.final();
    return plainBytes(plaintext);
  } catch {
    // Nobody may see what a wrong tag decrypts to.
    plaintext.fill(0);
    return undefined;
  }
}

/** Zeros and the last third of the 24-byte nonce (draft-irtf-cfrg-xchacha-03 section 2.3). */
function innerNonce(nonce: Uint8Array): Uint8Array {
  const inner = new Uint8Array(NONCE_BYTES);
  inner.set(nonce.subarray(16, 24), 4);
  return inner;
}
