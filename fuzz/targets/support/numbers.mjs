// Values that generators fill fields with.
import { drawNumber } from '../../engine/numbers.mjs';

const MAX_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** A number from 0 to `max`, at an edge often. */
export function numberUpTo(random, max = Number.MAX_SAFE_INTEGER) {
  const drawn = drawNumber(random);
  const number = Number(drawn > MAX_SAFE ? MAX_SAFE : drawn);
  return number <= max ? number : max - random.below(Math.min(max + 1, 3));
}

/** A copy of what a writer wrote. */
export function written(writer, bytes) {
  return bytes.slice(0, writer.pos);
}
