import { type Aead, hchachaSubkey, VCLError, writeU64le } from '@vcl-protocol/core';
import type { SodiumBinding } from './sodium-binding.js';

const TAG_BYTES = 16;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/** Where short ciphertexts are opened. */
const trial = new Uint8Array(2_048);

/** `CryptoProvider.createAead` by libsodium under the cached HChaCha20 subkey (SPEC 2.1). */
export function createSodiumAead(sodium: SodiumBinding, key: Uint8Array, salt: Uint8Array): Aead {
  const subkey = hchachaSubkey(key, salt);
  const nonce = new Uint8Array(12);
  let wiped = false;
  return {
    seal(counter: number, buffer: Uint8Array, start: number, end: number): void {
      if (wiped) throw new VCLError('InvalidKey', 'the sealing key was wiped, derive a new one');
      writeU64le(nonce, 4, counter);
      const { buffer: memory, byteOffset } = buffer;
      sodium.crypto_aead_chacha20poly1305_ietf_encrypt(
        new Uint8Array(memory, byteOffset + start, end - start + TAG_BYTES),
        new Uint8Array(memory, byteOffset + start, end - start),
        new Uint8Array(memory, byteOffset, start),
        null,
        nonce,
        subkey,
      );
    },
    open(counter: number, buffer: Uint8Array, start: number, end: number): boolean {
      const tagStart = end - TAG_BYTES;
      if (wiped || tagStart < start) return false;
      writeU64le(nonce, 4, counter);
      const { buffer: memory, byteOffset } = buffer;
      const text = new Uint8Array(memory, byteOffset + start, tagStart - start);
      const status = sodium.crypto_aead_chacha20poly1305_ietf_decrypt_detached(
        text,
        text,
        new Uint8Array(memory, byteOffset + tagStart, TAG_BYTES),
        new Uint8Array(memory, byteOffset, start),
        nonce,
        subkey,
      );
      return status === 0;
    },
    wipe(): void {
      sodium.sodium_memzero(subkey);
      wiped = true;
    },
  };
}

/** `CryptoProvider.xchachaSeal` by libsodium. */
export function sodiumXchachaSeal(
  sodium: SodiumBinding,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  const out = new Uint8Array(plaintext.length + TAG_BYTES);
  sodium.crypto_aead_xchacha20poly1305_ietf_encrypt(out, plaintext, aad, null, nonce, key);
  return out;
}

/** `CryptoProvider.xchachaOpen` by libsodium. */
export function sodiumXchachaOpen(
  sodium: SodiumBinding,
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  // The raw function below reads as many bytes as the algorithm wants, whatever it is given.
  if (key.length !== KEY_BYTES || nonce.length !== NONCE_BYTES) {
    throw new VCLError('InvalidKey', 'XChaCha20-Poly1305 takes a 32-byte key and a 24-byte nonce');
  }
  const length = ciphertext.length - TAG_BYTES;
  if (length < 0) return undefined;
  // Most of what is tried under a flood does not open: the array to return comes after the verdict.
  const isShort = length <= trial.length;
  const out = isShort ? trial.subarray(0, length) : new Uint8Array(length);
  const text = ciphertext.subarray(0, length);
  const tag = ciphertext.subarray(length);
  const status = sodium.crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
    out,
    text,
    tag,
    aad,
    nonce,
    key,
  );
  if (status !== 0) return undefined;
  if (!isShort) return out;
  const plaintext = out.slice();
  out.fill(0);
  return plaintext;
}
