import type { Reader } from '../wire/reader.js';
import type { Writer } from '../wire/writer.js';
import { KEY_BYTES } from './registry.js';

/** One side's public value in a key exchange group (SPEC 4.1). */
export interface KeyShare {
  readonly group: number;
  readonly share: Uint8Array;
}

/** Writes `count u8 || (group u16 || share<u16>) ...` (SPEC 4.1, 6.10). */
export function writeKeyShares(writer: Writer, shares: readonly KeyShare[]): void {
  writer.u8(shares.length);
  for (const { group, share } of shares) {
    writer.u16(group);
    writer.u16(share.length);
    writer.bytes(share);
  }
}

/** Reads what {@link writeKeyShares} writes; undefined when empty, cut off or with a group twice. */
export function readKeyShares(reader: Reader): readonly KeyShare[] | undefined {
  const count = reader.u8();
  const shares: KeyShare[] = [];
  for (let i = 0; i < count && !reader.failed; i++) {
    const group = reader.u16();
    const share = reader.bytes(reader.u16()).slice();
    if (shares.some((other) => other.group === group)) return undefined;
    shares.push({ group, share });
  }
  return reader.failed || count === 0 ? undefined : shares;
}

/** The share of a group whose public values have 32 bytes; undefined without one of that length. */
export function findKeyShare(shares: readonly KeyShare[], group: number): Uint8Array | undefined {
  const share = shares.find((candidate) => candidate.group === group)?.share;
  return share?.length === KEY_BYTES ? share : undefined;
}
