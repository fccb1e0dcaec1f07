// One concept a file. A file that outgrows the budget has two, and is cut before it is committed.
import { listFiles, readText } from './lib/files.mjs';
import { isMain, report } from './lib/report.mjs';

/** Lines, blank ones and comments included. */
const MAX_LINES = 350;
/** What the median of the sources should stay near; printed, not enforced. */
const MEDIAN_GOAL_LINES = 120;
/** Paths that may be longer, each with a comment that says why it cannot be cut. */
const ALLOWED = [];

const CODE = /^(packages\/[\w-]+\/(src|test|bin)|scripts|bench|examples)\/.*\.[mc]?[jt]sx?$/;
const SOURCE = /^packages\/[\w-]+\/src\//;

/** @param files pairs of path and text @returns the files over the budget, one string each */
export function budgetProblems(files, allowed = ALLOWED) {
  const paths = files.map(([path]) => path);
  return [
    ...files
      .filter(([path, text]) => countLines(text) > MAX_LINES && !allowed.includes(path))
      .map(([path, text]) => `${path}: ${countLines(text)} lines, ${MAX_LINES} are allowed`),
    ...allowed
      .filter((path) => !paths.includes(path))
      .map((path) => `${path}: allowed in scripts/check-budgets.mjs, but there is no such file`),
  ];
}

/** @returns the median of the lines of the files; 0 without files */
export function medianLines(files) {
  const sorted = files.map(([, text]) => countLines(text)).sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}

function countLines(text) {
  return text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
}

if (isMain(import.meta.url)) {
  const files = listFiles()
    .filter((path) => CODE.test(path))
    .map((path) => [path, readText(path)]);
  const median = medianLines(files.filter(([path]) => SOURCE.test(path)));
  const success = `${files.length} files, none over ${MAX_LINES} lines`;
  console.log(`median of the sources: ${median} lines (goal ${MEDIAN_GOAL_LINES})`);
  report('budgets', budgetProblems(files), success);
}
