/** DER encoding, as far as a certificate needs it (X.690). */

/** Tags of what a certificate is made of. */
export const Tag = {
  Boolean: 0x01,
  Integer: 0x02,
  BitString: 0x03,
  OctetString: 0x04,
  ObjectId: 0x06,
  Utf8String: 0x0c,
  UtcTime: 0x17,
  GeneralizedTime: 0x18,
  Sequence: 0x30,
  Set: 0x31,
  /** `[0]`, explicit. */
  Context0: 0xa0,
  /** `[3]`, explicit. */
  Context3: 0xa3,
} as const;

/** An element: its tag, its length, and `parts` one after the other. */
export function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag), lengthOctets(content.length), content]);
}

/** A whole number from 0 on, big endian, at least one byte long. */
export function derInteger(bytes: Uint8Array): Buffer {
  const start = bytes.findIndex((byte) => byte !== 0);
  const digits = start < 0 ? Uint8Array.of(0) : bytes.subarray(start);
  const isNegative = ((digits[0] as number) & 0x80) !== 0;
  return der(Tag.Integer, isNegative ? Uint8Array.of(0) : new Uint8Array(0), digits);
}

/** @param written such as `2.5.4.3` */
export function derObjectId(written: string): Buffer {
  const [first = 0, second = 0, ...rest] = written.split('.').map(Number);
  return der(Tag.ObjectId, Uint8Array.from([40 * first + second, ...rest.flatMap(base128)]));
}

/** Whole bytes as a bit string. */
export function derBitString(bytes: Uint8Array): Buffer {
  return der(Tag.BitString, Uint8Array.of(0), bytes);
}

/** A moment, to the second: UTCTime until 2049, then GeneralizedTime (RFC 5280, 4.1.2.5). */
export function derTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/\.\d+|[-:T]/g, '');
  const isShort = date.getUTCFullYear() < 2050;
  return der(
    isShort ? Tag.UtcTime : Tag.GeneralizedTime,
    Buffer.from(isShort ? digits.slice(2) : digits),
  );
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) digits.unshift(0x80 | (rest & 0x7f));
  return digits;
}

function lengthOctets(length: number): Uint8Array {
  if (length < 0x80) return Uint8Array.of(length);
  if (length < 0x100) return Uint8Array.of(0x81, length);
  return Uint8Array.of(0x82, length >>> 8, length & 0xff);
}
