import { readU32le, writeU32le } from '../crypto/bytes.js';
import { VCLError } from '../errors.js';

/** id u64, index u16, total u16, data length u64; all little endian. */
const HEADER_BYTES = 20;
/** The most fragments of a message: the count travels as a u16. */
export const MAX_FRAGMENTS = 65_535;
const U32 = 2 ** 32;
/** High halves of numbers below 2^53. */
const MAX_HIGH = 2 ** 21;

/**
 * One numbered piece of a message, as the guide names it. A connection does not send these: it cuts
 * by offset, so that it can cut anew (SPEC 6.1). They are for applications that move messages by
 * means of their own.
 */
export class Fragment {
  /** Which message it is a piece of: 0 to 2^53 - 1. */
  readonly fragmentId: number;
  /** Its place among the pieces: 0 to {@link totalFragments} - 1. */
  readonly fragmentIndex: number;
  /** How many pieces there are: 1 to 65,535. */
  readonly totalFragments: number;
  /** Its bytes; kept, not copied. */
  readonly data: Uint8Array;

  /** @throws VCLError `InvalidPacket` for a number out of its range */
  constructor(fragmentId: number, fragmentIndex: number, totalFragments: number, data: Uint8Array) {
    if (!isValid(fragmentId, fragmentIndex, totalFragments)) {
      throw new VCLError(
        'InvalidPacket',
        `fragment ${fragmentIndex} of ${totalFragments} of message ${fragmentId}: use an index below a total of 1 to ${MAX_FRAGMENTS}`,
      );
    }
    this.fragmentId = fragmentId;
    this.fragmentIndex = fragmentIndex;
    this.totalFragments = totalFragments;
    this.data = data;
  }

  /** Reads what {@link serialize} writes. Undefined when bytes are missing or follow, or a number is out of range. */
  static deserialize(bytes: Uint8Array): Fragment | undefined {
    if (bytes.length < HEADER_BYTES) return undefined;
    const idHigh = readU32le(bytes, 4);
    const length = readU32le(bytes, 12);
    if (idHigh >= MAX_HIGH || readU32le(bytes, 16) !== 0) return undefined;
    const id = idHigh * U32 + readU32le(bytes, 0);
    const counts = readU32le(bytes, 8);
    const index = counts & 0xffff;
    const total = counts >>> 16;
    if (!isValid(id, index, total) || bytes.length !== HEADER_BYTES + length) return undefined;
    return new Fragment(id, index, total, bytes.slice(HEADER_BYTES));
  }

  /** Whether it is the piece with the highest index. */
  isLast(): boolean {
    return this.fragmentIndex === this.totalFragments - 1;
  }

  /** Whether it is the whole message. */
  isSingle(): boolean {
    return this.totalFragments === 1;
  }

  /** The bytes of the Rust crate: id u64, index u16, total u16, length u64, little endian, then the data. */
  serialize(): Uint8Array {
    const { fragmentId, fragmentIndex, totalFragments, data } = this;
    const bytes = new Uint8Array(HEADER_BYTES + data.length);
    writeU32le(bytes, 0, fragmentId % U32);
    writeU32le(bytes, 4, Math.floor(fragmentId / U32));
    writeU32le(bytes, 8, totalFragments * 0x1_0000 + fragmentIndex);
    writeU32le(bytes, 12, data.length);
    bytes.set(data, HEADER_BYTES);
    return bytes;
  }
}

function isValid(id: number, index: number, total: number): boolean {
  return (
    Number.isSafeInteger(id) &&
    id >= 0 &&
    Number.isInteger(index) &&
    index >= 0 &&
    Number.isInteger(total) &&
    index < total &&
    total <= MAX_FRAGMENTS
  );
}
