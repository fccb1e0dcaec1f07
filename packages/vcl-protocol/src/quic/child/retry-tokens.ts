import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { NativeHost } from '../native.js';

const KEY_BYTES = 32;
const TAG_BYTES = 16;
const TIME_BYTES = 6;
const LIFETIME_MS = 10_000;

/**
 * Tokens by which a client proves that packets reach it at its address (RFC 9000, 8.1.2): when made,
 * the id that it chose first, and a tag over both, its address, and the id that it was given.
 */
export class RetryTokens {
  readonly #key = randomBytes(KEY_BYTES);

  /** @param original the id that the client chose @param given the id it is to write to @param now ms */
  make(peer: NativeHost, original: Uint8Array, given: Uint8Array, now: number): Uint8Array {
    const body = Buffer.alloc(TIME_BYTES + original.length);
    body.writeUIntBE(Math.floor(now), 0, TIME_BYTES);
    body.set(original, TIME_BYTES);
    return Buffer.concat([this.#tag(peer, given, body), body]);
  }

  /** The id that the client chose first; undefined when the token is not, or not any more, for it. */
  open(
    token: Uint8Array,
    { peer, given, now }: { peer: NativeHost; given: Uint8Array; now: number },
  ): Uint8Array | undefined {
    if (token.length <= TAG_BYTES + TIME_BYTES) return undefined;
    const body = Buffer.from(token.subarray(TAG_BYTES));
    if (!timingSafeEqual(token.subarray(0, TAG_BYTES), this.#tag(peer, given, body))) {
      return undefined;
    }
    const age = now - body.readUIntBE(0, TIME_BYTES);
    return age >= 0 && age <= LIFETIME_MS ? body.subarray(TIME_BYTES) : undefined;
  }

  #tag(peer: NativeHost, given: Uint8Array, body: Uint8Array): Uint8Array {
    const hmac = createHmac('sha256', this.#key);
    hmac.update(`${peer.host} ${peer.port} ${given.length} `).update(given).update(body);
    return hmac.digest().subarray(0, TAG_BYTES);
  }
}
