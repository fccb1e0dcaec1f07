import { BincodeReader, BincodeWriter } from './bincode.js';

/** A fragment as the Rust crate writes it: the plaintext of a packet of type `Fragment`. */
export interface LegacyFragment {
  /** Which message it belongs to: a u64, from 0 in a connection. */
  readonly id: bigint;
  /** Its place, from 0: a u16. */
  readonly index: number;
  /** How many fragments the message has: a u16. */
  readonly total: number;
  readonly data: Uint8Array;
}

/** What a fragment has beside its data: 20 bytes. */
export const LEGACY_FRAGMENT_OVERHEAD = 20;
/** Beyond, the crate's count wraps around and messages come out in pieces (G42). */
export const LEGACY_MAX_FRAGMENTS = 65_535;

/** @returns id, index, total, length and data as the crate serializes them */
export function encodeLegacyFragment(fragment: LegacyFragment): Uint8Array {
  return new BincodeWriter(LEGACY_FRAGMENT_OVERHEAD + fragment.data.length)
    .u64(fragment.id)
    .u16(fragment.index)
    .u16(fragment.total)
    .bytes(fragment.data)
    .finish();
}

/**
 * Takes exactly what the crate's own decoder takes: any numbers, and bytes after it.
 *
 * @param bytes the plaintext; copied
 * @returns undefined when bytes are missing
 */
export function decodeLegacyFragment(bytes: Uint8Array): LegacyFragment | undefined {
  const reader = new BincodeReader(bytes);
  const id = reader.u64();
  const index = reader.u16();
  const total = reader.u16();
  const data = reader.bytes();
  return reader.failed ? undefined : { id, index, total, data };
}
