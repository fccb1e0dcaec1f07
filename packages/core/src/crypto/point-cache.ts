import type { EdwardsPoint } from '@noble/curves/abstract/edwards.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { equalBytes } from '@noble/curves/utils.js';

const MAX_ENTRIES = 4;
/** A table costs as much as six verifications and halves the ones that follow. */
const USES_BEFORE_TABLE = 12;
const TABLE_WINDOW_BITS = 4;

interface Entry {
  readonly encoding: Uint8Array;
  readonly point: EdwardsPoint;
  uses: number;
}

/**
 * The last few public keys that were verified with, decoded. A session verifies with one key again
 * and again: such a key gets a table of multiples (about 150 KB), which makes verifying in
 * JavaScript more than twice as fast. A key that is seen a few times costs nothing extra.
 */
export class PointCache {
  /** Most recently used first. */
  readonly #entries: Entry[] = [];

  /**
   * @param encoding a 32-byte public key; copied
   * @returns its point, or undefined when it encodes none
   */
  get(encoding: Uint8Array): EdwardsPoint | undefined {
    const entry = this.#take(encoding) ?? decode(encoding);
    if (entry === undefined) return undefined;
    entry.uses++;
    if (entry.uses === USES_BEFORE_TABLE) entry.point.precompute(TABLE_WINDOW_BITS);
    this.#entries.unshift(entry);
    if (this.#entries.length > MAX_ENTRIES) this.#entries.pop();
    return entry.point;
  }

  #take(encoding: Uint8Array): Entry | undefined {
    const index = this.#entries.findIndex((entry) => equalBytes(entry.encoding, encoding));
    return index < 0 ? undefined : this.#entries.splice(index, 1)[0];
  }
}

/** @returns the point that 32 bytes encode (RFC 8032 section 5.1.3), or undefined */
export function decodePoint(encoding: Uint8Array): EdwardsPoint | undefined {
  try {
    return ed25519.Point.fromBytes(encoding);
  } catch {
    return undefined;
  }
}

function decode(encoding: Uint8Array): Entry | undefined {
  const point = decodePoint(encoding);
  return point && { encoding: Uint8Array.from(encoding), point, uses: 0 };
}
