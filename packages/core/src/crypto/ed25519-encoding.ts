/**
 * What can be said of Ed25519 keys and signatures by looking at their bytes. Libraries differ on
 * exactly these cases, so every provider asks here before it asks its library (SPEC 2.3).
 */

/** Bytes of an encoded point, hence of a public key. */
export const POINT_BYTES = 32;
/** Bytes of a signature: the point R, then the scalar S. */
const SIGNATURE_BYTES = 64;

/** The order L of the prime-order subgroup (RFC 8032 section 5.1), little endian. */
const GROUP_ORDER = littleEndian(
  '1000000000000000000000000000000014def9dea2f79cd65812631a5cf5d3ed',
);

/** The prime p = 2^255 - 19 of the field, little endian. */
const FIELD_PRIME = littleEndian(
  '7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffed',
);

/** The y coordinates of the eight points whose order divides the cofactor, little endian. */
const SMALL_ORDER_Y: readonly Uint8Array[] = [
  littleEndian('0000000000000000000000000000000000000000000000000000000000000000'),
  littleEndian('0000000000000000000000000000000000000000000000000000000000000001'),
  littleEndian('7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffec'),
  littleEndian('05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826'),
  littleEndian('7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7'),
];

/**
 * Whether key and signature are worth the equation: 64 bytes of signature, `S < L`, and the key
 * and R each canonical and not of small order. Whether they are on the curve is not looked at.
 */
export function isWellFormedSignature(publicKey: Uint8Array, signature: Uint8Array): boolean {
  return (
    signature.length === SIGNATURE_BYTES &&
    isBelow(signature, POINT_BYTES, GROUP_ORDER, 0xff) &&
    isWellFormedPoint(signature, 0) &&
    isWellFormedPublicKey(publicKey)
  );
}

/** Whether `publicKey` is 32 bytes, canonical and not of small order. */
export function isWellFormedPublicKey(publicKey: Uint8Array): boolean {
  return publicKey.length === POINT_BYTES && isWellFormedPoint(publicKey, 0);
}

/**
 * A sign bit on a point with x = 0 is the other way of not being canonical; both such points are
 * of small order, so comparing y alone finds them.
 */
function isWellFormedPoint(bytes: Uint8Array, offset: number): boolean {
  if (!isBelow(bytes, offset, FIELD_PRIME, 0x7f)) return false;
  for (const y of SMALL_ORDER_Y) {
    if (hasY(bytes, offset, y)) return false;
  }
  return true;
}

function hasY(bytes: Uint8Array, offset: number, y: Uint8Array): boolean {
  for (let i = 0; i < POINT_BYTES - 1; i++) {
    if (bytes[offset + i] !== y[i]) return false;
  }
  return (bytes[offset + POINT_BYTES - 1]! & 0x7f) === y[POINT_BYTES - 1];
}

/** Whether 32 little-endian bytes, the last one under `lastMask`, are a number below `bound`. */
function isBelow(bytes: Uint8Array, offset: number, bound: Uint8Array, lastMask: number): boolean {
  for (let i = POINT_BYTES - 1; i >= 0; i--) {
    const byte = bytes[offset + i]! & (i === POINT_BYTES - 1 ? lastMask : 0xff);
    if (byte !== bound[i]) return byte < bound[i]!;
  }
  return false;
}

function littleEndian(bigEndianHex: string): Uint8Array {
  const bytes = new Uint8Array(POINT_BYTES);
  for (let i = 0; i < POINT_BYTES; i++) {
    bytes[POINT_BYTES - 1 - i] = Number.parseInt(bigEndianHex.slice(2 * i, 2 * i + 2), 16);
  }
  return bytes;
}
