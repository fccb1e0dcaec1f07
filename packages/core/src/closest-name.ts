/**
 * The name that `written` was probably meant to be: the nearest of `names` by edit distance,
 * regardless of case and underscores, if at most a third of it differs.
 *
 * @returns the name as listed, or undefined when none is near
 */
export function closestName(written: string, names: readonly string[]): string | undefined {
  const wanted = fold(written);
  let best: string | undefined;
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const distance = editDistance(wanted, fold(name));
    if (distance < bestDistance && distance * 3 <= name.length) {
      best = name;
      bestDistance = distance;
    }
  }
  return best;
}

/** Longer names are cut: nobody is helped by the distance of a megabyte of text. */
const MAX_COMPARED_LENGTH = 64;

function fold(name: string): string {
  return name.slice(0, MAX_COMPARED_LENGTH).replaceAll(/[_-]/g, '').toLowerCase();
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substitution, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
