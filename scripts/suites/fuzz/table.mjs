// The lines of the fuzzer's report.

const COLUMNS = [28, 11, 10, 10, 8, 10];

/** The names of the columns. */
export function headLine() {
  return line('', ['target', 'mutations', 'inputs/s', 'features', 'inputs', 'seconds']);
}

/**
 * What came of a target.
 *
 * @param discover answer of the phase with counters @param mass answer of the phase without
 */
export function resultLine(name, discover, mass) {
  const bad = [discover, mass].some(({ error, findings = [] }) => error || findings.length > 0);
  const total = (discover.mutations ?? 0) + (mass.mutations ?? 0);
  const speed = mass.seconds > 0 ? Math.round(mass.runs / mass.seconds) : 0;
  const seconds = ((discover.seconds ?? 0) + (mass.seconds ?? 0)).toFixed(1);
  const cells = [name, total, speed, discover.features ?? 0, discover.inputs ?? 0, seconds];
  return line(bad ? 'FAILED' : 'ok', cells);
}

function line(verdict, [name, ...numbers]) {
  const cells = numbers.map((value, i) => String(value).padStart(COLUMNS[i + 1]));
  return `${verdict.padEnd(6)}  ${name.padEnd(COLUMNS[0])}${cells.join('')}`;
}
