// Numbers at which decoders go wrong, and how they are written: fixed lengths and the
// variable-length integers of RFC 9000 section 16, also in forms that are longer than needed.

/** Bytes that stand at the edge of something: signs, lengths, types, ASCII. */
export const EDGE_BYTES = [
  0, 1, 2, 3, 4, 7, 8, 0x0f, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x41, 0x7f, 0x80, 0xbf, 0xc0, 0xfe, 0xff,
];

const POWERS = [6, 7, 8, 14, 15, 16, 24, 30, 31, 32, 48, 52, 53, 61, 62, 63];

/** Numbers around the powers of two that matter, as BigInt: some need more than 53 bits. */
export const EDGE_NUMBERS = POWERS.flatMap((power) => {
  const at = 1n << BigInt(power);
  return [at - 2n, at - 1n, at, at + 1n];
});

/** Numbers that the protocol itself compares with: credits, window sizes, counts. */
const PROTOCOL_NUMBERS = [
  0n,
  1n,
  2n,
  63n,
  64n,
  65n,
  128n,
  129n,
  256n,
  257n,
  1000n,
  1200n,
  1500n,
  16_384n,
  16_385n,
  65_535n,
  65_536n,
  76_800n,
  16_777_216n,
  25_165_824n,
];

/** A number worth trying, as BigInt below 2^64. */
export function drawNumber(random) {
  switch (random.below(4)) {
    case 0:
      return random.pick(EDGE_NUMBERS);
    case 1:
      return random.pick(PROTOCOL_NUMBERS);
    case 2:
      return BigInt(random.skewed(16));
    default:
      return (BigInt(random.u32()) << BigInt(random.below(32))) | BigInt(random.skewed(32));
  }
}

/** Writes `value` big endian into `bytes` bytes at `at`, cut to what fits. */
export function writeBigEndian(out, at, value, bytes) {
  let left = value;
  for (let i = at + bytes - 1; i >= at; i--) {
    out[i] = Number(left & 0xffn);
    left >>= 8n;
  }
}

/** How many bytes the varint takes whose first byte this is: 1, 2, 4 or 8. */
export function varintSpan(first) {
  return 1 << (first >> 6);
}

/** The smallest of 1, 2, 4 and 8 bytes that hold the number as a varint. */
export function shortestSpan(value) {
  if (value < 0x40n) return 1;
  if (value < 0x4000n) return 2;
  return value < 0x4000_0000n ? 4 : 8;
}

/** Reads the varint that starts at `at`, as BigInt; it must be there whole. */
export function readVarint(bytes, at) {
  const span = varintSpan(bytes[at]);
  let value = BigInt(bytes[at] & 0x3f);
  for (let i = 1; i < span; i++) value = (value << 8n) | BigInt(bytes[at + i]);
  return value;
}

/** Writes `value` as a varint of 1, 2, 4 or 8 bytes, cut to what fits. */
export function writeVarint(out, at, value, span) {
  writeBigEndian(out, at, value, span);
  out[at] = (out[at] & 0x3f) | (Math.log2(span) << 6);
}
