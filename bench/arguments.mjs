// What the options of a benchmark mean.

/**
 * @param {readonly { name: string }[]} all
 * @param {string | undefined} names with commas between; none is all
 * @param option that they were given with
 */
export function chosen(all, names, option) {
  if (names === undefined) return all;
  const wanted = names.split(',');
  const found = all.filter(({ name }) => wanted.includes(name));
  if (found.length > 0) return found;
  throw new Error(`${option} ${names}: none of ${all.map(({ name }) => name).join(', ')}`);
}

/** @returns the number that an option stands for */
export function atLeast(least, text, option) {
  const value = Number(text);
  if (value >= least) return value;
  throw new Error(`${option} must be a number from ${least}: got ${text}`);
}
