/** For `sort`: the earlier first. */
export function byTime(left: { readonly atMs: number }, right: { readonly atMs: number }): number {
  return left.atMs - right.atMs;
}

/** Rounds down to a multiple of `step`, printed without a tail of digits. */
export function roundTo(value: number, step: number): number {
  const perUnit = Math.round(1 / step);
  return Math.floor(value * perUnit) / perUnit;
}
