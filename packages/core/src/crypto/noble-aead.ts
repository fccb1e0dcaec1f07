import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { VCLError } from '../errors.js';
import { writeU64le } from './bytes.js';
import { hchachaSubkey } from './hchacha.js';
import type { Aead } from './provider.js';

const TAG_BYTES = 16;

/** `CryptoProvider.createAead` in pure JavaScript. */
export function createNobleAead(key: Uint8Array, salt: Uint8Array): Aead {
  const subkey = hchachaSubkey(key, salt);
  const nonce = new Uint8Array(12);
  let wiped = false;
  return {
    seal(counter: number, buffer: Uint8Array, start: number, end: number): void {
      if (wiped) throw new VCLError('InvalidKey', 'the sealing key was wiped, derive a new one');
      writeU64le(nonce, 4, counter);
      chacha20poly1305(subkey, nonce, buffer.subarray(0, start)).encrypt(
        buffer.subarray(start, end),
        buffer.subarray(start, end + TAG_BYTES),
      );
    },
    open(counter: number, buffer: Uint8Array, start: number, end: number): boolean {
      if (wiped || end - start < TAG_BYTES) return false;
      writeU64le(nonce, 4, counter);
      const cipher = chacha20poly1305(subkey, nonce, buffer.subarray(0, start));
      try {
        cipher.decrypt(buffer.subarray(start, end), buffer.subarray(start, end - TAG_BYTES));
        return true;
      } catch {
        return false;
      }
    },
    wipe(): void {
      subkey.fill(0);
      wiped = true;
    },
  };
}

/** `CryptoProvider.xchachaSeal` in pure JavaScript. */
export function nobleXchachaSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array {
  return xchacha20poly1305(key, nonce, aad).encrypt(plaintext);
}

/** `CryptoProvider.xchachaOpen` in pure JavaScript. */
export function nobleXchachaOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  aad: Uint8Array,
  ciphertext: Uint8Array,
): Uint8Array | undefined {
  const cipher = xchacha20poly1305(key, nonce, aad);
  try {
    return cipher.decrypt(ciphertext);
  } catch {
    return undefined;
  }
}
