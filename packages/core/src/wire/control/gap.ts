import { LOSSY_LANE } from '../frame-types.js';
import { Reader } from '../reader.js';
import { varintLength, Writer } from '../writer.js';

/** The most numbers a LEAF_WANTED may ask for (SPEC 6.5). */
const MAX_LEAVES_WANTED = 256;

const LEAF_BYTES = 32;

/** A GAP: a lossy message that its sender will not send again (SPEC 6.5). */
export interface GapMessage {
  /** Always 1: only lane L has gaps. */
  readonly lane: number;
  /** The message number. */
  readonly n: number;
  /** Length of the message in bytes. */
  readonly length: number;
  /** The 32 bytes of its leaf (SPEC 8.1). */
  readonly leaf: Uint8Array;
}

/** A LEAF_WANTED: asks for the GAP of messages whose pieces were dropped (SPEC 6.5). */
export interface LeafWantedMessage {
  /** Always 1: only lane L has gaps. */
  readonly lane: number;
  /** Message numbers, at most 256. */
  readonly numbers: readonly number[];
}

/** The body of a GAP. RangeError when the leaf has not 32 bytes. */
export function encodeGap(gap: GapMessage): Uint8Array {
  if (gap.leaf.length !== LEAF_BYTES) {
    throw new RangeError(`a leaf has ${LEAF_BYTES} bytes, not ${gap.leaf.length}`);
  }
  const body = new Uint8Array(1 + varintLength(gap.n) + varintLength(gap.length) + LEAF_BYTES);
  const w = new Writer().reset(body, 0, body.length);
  w.u8(gap.lane);
  w.varint(gap.n);
  w.varint(gap.length);
  w.bytes(gap.leaf);
  return body;
}

/** Reads the body of a GAP; `leaf` is a view into it. Undefined when malformed or of lane R. */
export function decodeGap(body: Uint8Array): GapMessage | undefined {
  const r = new Reader().reset(body, 0, body.length);
  const lane = r.u8();
  const n = r.varint();
  const length = r.varint();
  const leaf = r.bytes(LEAF_BYTES);
  return r.done && lane === LOSSY_LANE ? { lane, n, length, leaf } : undefined;
}

/** The body of a LEAF_WANTED. RangeError beyond 256 numbers. */
export function encodeLeafWanted(wanted: LeafWantedMessage): Uint8Array {
  const { lane, numbers } = wanted;
  if (numbers.length > MAX_LEAVES_WANTED) {
    throw new RangeError(`${numbers.length} leaves wanted at once: ask for ${MAX_LEAVES_WANTED}`);
  }
  let length = 1 + varintLength(numbers.length);
  for (const n of numbers) length += varintLength(n);
  const body = new Uint8Array(length);
  const w = new Writer().reset(body, 0, length);
  w.u8(lane);
  w.varint(numbers.length);
  for (const n of numbers) w.varint(n);
  return body;
}

/** Reads the body of a LEAF_WANTED. Undefined when malformed, of lane R, or above 256 numbers. */
export function decodeLeafWanted(body: Uint8Array): LeafWantedMessage | undefined {
  const r = new Reader().reset(body, 0, body.length);
  const lane = r.u8();
  const count = r.varint();
  if (lane !== LOSSY_LANE || count > MAX_LEAVES_WANTED) return undefined;
  const numbers: number[] = [];
  for (let i = 0; i < count; i++) numbers.push(r.varint());
  return r.done ? { lane, numbers } : undefined;
}
