const MODULUS = 0x1_0000;
const HALF = MODULUS / 2;

/**
 * The message number nearest to `base` whose low 16 bits are `low16` (SPEC 6.1). Never negative; of
 * two numbers equally near it is the higher one.
 *
 * @param base what the receiver expects about now: 0 to 2^53 - 2^17
 * @param low16 the bits that travelled: 0 to 65,535
 */
export function nearestNumber(base: number, low16: number): number {
  const candidate = base - (base % MODULUS) + low16;
  if (base - candidate >= HALF) return candidate + MODULUS;
  if (candidate - base > HALF && candidate >= MODULUS) return candidate - MODULUS;
  return candidate;
}
