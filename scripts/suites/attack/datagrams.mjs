// What an attacker makes of a genuine datagram: every function gives a new array.
import { CID_BYTES } from '../../../packages/core/dist/index.js';

/** Bytes under the outer mask, and where its sample starts (SPEC 3.3). */
const MASKED_BYTES = 13;
const CID_OFFSET = 1;

/** The datagram with bit number `bit` inverted; bit 0 is the highest of the first byte. */
export function flipped(data, bit) {
  const copy = data.slice();
  copy[bit >> 3] ^= 0x80 >> (bit & 7);
  return copy;
}

/** The datagram with `bytes` more at its end, all of the value `fill`. */
export function extended(data, bytes, fill) {
  const copy = new Uint8Array(data.length + bytes).fill(fill);
  copy.set(data);
  return copy;
}

/** The connection id of a record, for those who know the outer secret. */
export function cidOf(record, outer) {
  return withoutOuter(record, outer).slice(CID_OFFSET, CID_OFFSET + CID_BYTES);
}

/** The record under another connection id: what somebody can do who knows the outer secret. */
export function readdressed(record, cid, outer) {
  const bare = withoutOuter(record, outer);
  bare.set(cid, CID_OFFSET);
  return withoutOuter(bare, outer);
}

/** The mask is its own inverse, and its sample lies behind what it covers. */
function withoutOuter(record, outer) {
  const mask = new Uint8Array(64);
  outer.omask.mask(record, MASKED_BYTES, mask);
  return record.map((byte, i) => (i < MASKED_BYTES ? byte ^ mask[i] : byte));
}
