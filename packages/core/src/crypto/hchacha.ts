import { hchacha } from '@noble/ciphers/chacha.js';
import { readU32le, writeU32le } from './bytes.js';

// "expand 32-byte k" as words, RFC 8439 section 2.3.
const CONSTANTS = Uint32Array.of(0x61707865, 0x3320646e, 0x79622d32, 0x6b206574);

/**
 * The key under which ChaCha20-Poly1305 with nonce `zeros(4) || nonce[16, 24)` is
 * XChaCha20-Poly1305 under `key` and `nonce` (draft-irtf-cfrg-xchacha-03 section 2).
 *
 * @param key 32 bytes
 * @param noncePrefix at least 16 bytes, of which the first 16 are used
 * @returns 32 secret bytes in a new array; the caller wipes them
 */
export function hchachaSubkey(key: Uint8Array, noncePrefix: Uint8Array): Uint8Array {
  const keyWords = readWords(key, 8);
  const subkeyWords = new Uint32Array(8);
  hchacha(CONSTANTS, keyWords, readWords(noncePrefix, 4), subkeyWords);
  const subkey = new Uint8Array(32);
  for (let word = 0; word < 8; word++) writeU32le(subkey, 4 * word, subkeyWords[word]!);
  keyWords.fill(0);
  subkeyWords.fill(0);
  return subkey;
}

function readWords(bytes: Uint8Array, count: number): Uint32Array {
  const words = new Uint32Array(count);
  for (let word = 0; word < count; word++) words[word] = readU32le(bytes, 4 * word);
  return words;
}
