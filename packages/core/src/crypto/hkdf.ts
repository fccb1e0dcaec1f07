import { concat, u16be, utf8 } from './bytes.js';
import type { CryptoProvider } from './provider.js';

/** The part of a provider that key derivation needs. */
export type Hmac = Pick<CryptoProvider, 'hmacSha256'>;

const HASH_BYTES = 32;
const MAX_OUTPUT_BYTES = 255 * HASH_BYTES;
const LABEL_PREFIX = 'vcl1 ';

/**
 * HKDF-Extract with HMAC-SHA-256 (RFC 5869 section 2.2).
 *
 * @param ikm input keying material
 * @returns a 32-byte secret
 */
export function hkdfExtract(crypto: Hmac, salt: Uint8Array, ikm: Uint8Array): Uint8Array {
  return crypto.hmacSha256(salt, ikm);
}

/**
 * HKDF-Expand with HMAC-SHA-256 (RFC 5869 section 2.3).
 *
 * @param secret a pseudorandom key, usually 32 bytes
 * @param length bytes wanted, at most 8,160
 * @throws RangeError beyond that length
 */
export function hkdfExpand(
  crypto: Hmac,
  secret: Uint8Array,
  info: Uint8Array,
  length: number,
): Uint8Array {
  if (length > MAX_OUTPUT_BYTES) {
    throw new RangeError(`HKDF gives at most ${MAX_OUTPUT_BYTES} bytes, ask for fewer`);
  }
  const out = new Uint8Array(length);
  let block: Uint8Array = new Uint8Array(0);
  for (let counter = 1, filled = 0; filled < length; counter++) {
    const input = concat(block, info, Uint8Array.of(counter));
    block.fill(0);
    block = crypto.hmacSha256(secret, input);
    input.fill(0);
    out.set(block.subarray(0, length - filled), filled);
    filled += block.length;
  }
  block.fill(0);
  return out;
}

/**
 * `EL` of SPEC 2.2: the HKDF-Expand-Label of RFC 8446 section 7.1 with the prefix `vcl1 `.
 *
 * @param label ASCII, at most 250 bytes
 * @param context at most 255 bytes
 * @param length bytes wanted, at most 8,160
 * @throws RangeError when label, context or length is longer than its limit
 */
export function expandLabel(
  crypto: Hmac,
  secret: Uint8Array,
  label: string,
  context: Uint8Array,
  length: number,
): Uint8Array {
  const fullLabel = utf8(LABEL_PREFIX + label);
  if (fullLabel.length > 255 || context.length > 255) {
    throw new RangeError('the label of a derived key is at most 250 bytes, its context 255');
  }
  const info = concat(
    u16be(length),
    Uint8Array.of(fullLabel.length),
    fullLabel,
    Uint8Array.of(context.length),
    context,
  );
  return hkdfExpand(crypto, secret, info, length);
}
