import { bytesToHex, hexToBytes, utf8ToBytes } from '@noble/hashes/utils.js';
import { VCLError } from '../errors.js';

const TWO_POW_32 = 0x1_0000_0000;

/** @returns the UTF-8 bytes of `text`, without a terminator */
export function utf8(text: string): Uint8Array {
  return utf8ToBytes(text);
}

/** @returns a new array that holds the parts one after the other */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += part.length;
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** @returns lower-case hexadecimal text, two digits a byte */
export function hex(bytes: Uint8Array): string {
  return bytesToHex(bytes);
}

/**
 * @param text hexadecimal digits of either case, two a byte, nothing else
 * @throws VCLError `SerializationError` when it is anything else
 */
export function fromHex(text: string): Uint8Array {
  try {
    return hexToBytes(text);
  } catch (cause) {
    throw new VCLError('SerializationError', 'expected hexadecimal digits, two for each byte', {
      cause,
    });
  }
}

/** Fills `bytes` with zeros. Copies that the engine made of them are out of reach (SPEC 2). */
export function wipe(bytes: Uint8Array): void {
  bytes.fill(0);
}

/** @returns two bytes, big endian, of an integer below 2^16 */
export function u16be(value: number): Uint8Array {
  return Uint8Array.of(value >>> 8, value);
}

/** @returns four bytes, big endian, of an integer below 2^32 */
export function u32be(value: number): Uint8Array {
  const out = new Uint8Array(4);
  writeU32be(out, 0, value);
  return out;
}

/** @returns eight bytes, big endian, of an integer below 2^53 */
export function u64be(value: number): Uint8Array {
  const out = new Uint8Array(8);
  writeU64be(out, 0, value);
  return out;
}

/** Writes an integer below 2^32 to `out[offset, offset + 4)`, big endian. */
export function writeU32be(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value >>> 24;
  out[offset + 1] = value >>> 16;
  out[offset + 2] = value >>> 8;
  out[offset + 3] = value;
}

/** Writes an integer below 2^53 to `out[offset, offset + 8)`, big endian. */
export function writeU64be(out: Uint8Array, offset: number, value: number): void {
  writeU32be(out, offset, Math.floor(value / TWO_POW_32));
  writeU32be(out, offset + 4, value % TWO_POW_32);
}

/** Writes an integer below 2^32 to `out[offset, offset + 4)`, little endian. */
export function writeU32le(out: Uint8Array, offset: number, value: number): void {
  out[offset] = value;
  out[offset + 1] = value >>> 8;
  out[offset + 2] = value >>> 16;
  out[offset + 3] = value >>> 24;
}

/** Writes an integer below 2^53 to `out[offset, offset + 8)`, little endian. */
export function writeU64le(out: Uint8Array, offset: number, value: number): void {
  writeU32le(out, offset, value % TWO_POW_32);
  writeU32le(out, offset + 4, Math.floor(value / TWO_POW_32));
}

/** @returns the integer in `bytes[offset, offset + 4)`, little endian; the range must exist */
export function readU32le(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! |
      (bytes[offset + 1]! << 8) |
      (bytes[offset + 2]! << 16) |
      (bytes[offset + 3]! << 24)) >>>
    0
  );
}
