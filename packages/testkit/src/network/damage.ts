import type { SeededRandom } from '../random.js';

/** Flips one random bit of `data` in place; an empty datagram stays as it is. */
export function flipBit(data: Uint8Array, random: SeededRandom): void {
  if (data.length === 0) return;
  const bit = random.int(data.length * 8);
  const index = bit >> 3;
  data[index] = (data[index] as number) ^ (1 << (bit & 7));
}

/** @returns a copy of the first bytes, at least one byte shorter; an empty datagram stays empty */
export function cutShort(data: Uint8Array, random: SeededRandom): Uint8Array {
  return data.length === 0 ? data : data.slice(0, random.int(data.length));
}
