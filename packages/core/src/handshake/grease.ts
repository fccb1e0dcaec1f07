import type { CryptoProvider } from '../crypto/provider.js';
import type { KeyShare } from './key-shares.js';

/** A parameter as it stands on the wire (SPEC 4.1). */
export interface RawParam {
  readonly id: number;
  readonly value: Uint8Array;
}

/**
 * Values that nobody will ever assign (SPEC 4.1, after RFC 8701). Sent now and then, so that a
 * receiver that chokes on the unknown is found before the unknown means something.
 */
export interface Grease {
  readonly version: number;
  readonly suite: number;
  readonly share: KeyShare;
  readonly param: RawParam;
  /** Whether the values stand before the real ones or behind them. */
  readonly first: boolean;
}

const DRAWN_BYTES = 32;
const ONE_IN = 16;

/** Draws grease for one of 16 handshakes, undefined for the others. */
export function drawGrease(crypto: CryptoProvider): Grease | undefined {
  const lot = new Uint8Array(1);
  crypto.randomBytes(lot);
  if (lot[0]! % ONE_IN !== 0) return undefined;
  const drawn = new Uint8Array(DRAWN_BYTES);
  crypto.randomBytes(drawn);
  const pair = (at: number): number => nibble(drawn[at]!) * 0x100 + nibble(drawn[at + 1]!);
  return {
    version: pair(0) * 0x1_0000 + pair(2),
    suite: pair(4),
    share: { group: pair(6), share: drawn.slice(12, 13 + (drawn[8]! % 16)) },
    param: { id: 27 + 31 * (drawn[9]! % 32), value: drawn.slice(12, 12 + (drawn[10]! % 8)) },
    first: drawn[11]! % 2 === 0,
  };
}

/** Adds an extra value before or behind the real ones. */
export function withExtra<T>(
  values: readonly T[],
  extra: T | undefined,
  first: boolean,
): readonly T[] {
  if (extra === undefined) return values;
  return first ? [extra, ...values] : [...values, extra];
}

function nibble(byte: number): number {
  return (byte & 0xf0) | 0x0a;
}
