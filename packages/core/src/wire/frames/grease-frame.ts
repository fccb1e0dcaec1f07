import { FrameType } from '../frame-types.js';
import type { Reader } from '../reader.js';
import type { Writer } from '../writer.js';

/** The most bytes a frame of {@link encodeGrease} takes. */
export const GREASE_MAX_BYTES = 18;
/** How many random bytes {@link encodeGrease} wants. */
export const GREASE_RANDOM_BYTES = 17;

const MAX_DATA_BYTES = 15;

/**
 * Writes a frame of a type that is never assigned, so that peers keep passing over what they do not
 * know (SPEC 6).
 *
 * @param random 17 random bytes; they choose the type (0x40 to 0x7f), the length (0 to 15) and the
 *   contents
 */
export function encodeGrease(w: Writer, random: Uint8Array): void {
  if (random.length < GREASE_RANDOM_BYTES) {
    throw new RangeError(`grease takes ${GREASE_RANDOM_BYTES} random bytes, not ${random.length}`);
  }
  const length = random[1]! & MAX_DATA_BYTES;
  w.varint(FrameType.GREASE_MIN | (random[0]! & 0x3f));
  w.varint(length);
  w.slice(random, 2, 2 + length);
}

/** Passes over a frame of a grease type behind its type; false when it is cut short. */
export function skipGrease(r: Reader): boolean {
  r.skip(r.varint());
  return !r.failed;
}
