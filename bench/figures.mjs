// Figures of several rounds, and how they are shown.

/** @param {number[]} rounds at least one */
export function spread(rounds) {
  const sorted = rounds.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted.at(-1), rounds };
}

/** The median, and in brackets the least and the most. */
export function range({ median, min, max }, digits) {
  return `${median.toFixed(digits)} (${min.toFixed(digits)}-${max.toFixed(digits)})`;
}

/** Columns as wide as their contents, the first to the left. @param {string[][]} rows */
export function printTable(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  for (const [name, ...cells] of rows) {
    const padded = cells.map((cell, index) => cell.padStart(widths[index + 1]));
    console.log([name.padEnd(widths[0]), ...padded].join('  '));
  }
}
