import { VCLError } from '../errors.js';
import { Fragment, MAX_FRAGMENTS } from './fragment.js';

/** The largest fragment; more does not fit a datagram with what stands around it. */
const MAX_SIZE_BYTES = 65_000;

/** Cuts messages into {@link Fragment}s of one size. */
export interface FragmenterVerbs {
  /**
   * The pieces of a message in order: all of `size` bytes but the last, which has the rest. An empty
   * message is one empty fragment, so that it arrives like any other.
   *
   * @param data the message; the fragments are views of it
   * @param size bytes of a fragment, 1 to 65,000
   * @param id a number that no other message under way has, 0 to 2^53 - 1
   * @throws VCLError `InvalidConfig` for a size or id out of range, `MessageTooBig` when more than
   *   65,535 fragments would be needed
   */
  split(data: Uint8Array, size: number, id: number): Fragment[];
  /** Whether a message takes more than one fragment. @throws VCLError `InvalidConfig` for a bad size */
  needsSplit(data: Uint8Array, size: number): boolean;
}

/** The guide's `Fragmenter`. */
export const Fragmenter: FragmenterVerbs = {
  split(data, size, id) {
    checkSize(size);
    if (!Number.isSafeInteger(id) || id < 0) {
      throw new VCLError('InvalidConfig', `fragment id ${id}: use an integer from 0 to 2^53 - 1`);
    }
    const total = Math.max(1, Math.ceil(data.length / size));
    if (total > MAX_FRAGMENTS) {
      throw new VCLError(
        'MessageTooBig',
        `${data.length} bytes are ${total} fragments of ${size}, ${MAX_FRAGMENTS} are possible: use a larger size`,
      );
    }
    const fragments: Fragment[] = [];
    for (let index = 0; index < total; index++) {
      const piece = data.subarray(index * size, (index + 1) * size);
      fragments.push(new Fragment(id, index, total, piece));
    }
    return fragments;
  },

  needsSplit(data, size) {
    checkSize(size);
    return data.length > size;
  },
};

function checkSize(size: number): void {
  if (Number.isInteger(size) && size >= 1 && size <= MAX_SIZE_BYTES) return;
  throw new VCLError('InvalidConfig', `fragment size ${size}: use 1 to ${MAX_SIZE_BYTES} bytes`);
}
