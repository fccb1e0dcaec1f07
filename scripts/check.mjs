// The gate, `npm run check`: everything that must hold before a change is committed, the cheap steps
// before the dear ones. Stops at the first failure; each step can be run alone as it stands here.
import { runSteps, script, tool } from './lib/steps.mjs';

const STEPS = [
  [
    'format and lint',
    tool('@biomejs/biome/bin/biome', 'check', '--error-on-warnings', '--max-diagnostics=50', '.'),
  ],
  ['build', tool('typescript/bin/tsc', '-b', 'tsconfig.build.json')],
  ['types of the tests', tool('typescript/bin/tsc', '-p', 'tsconfig.json')],
  ['layers', script('check-layers.mjs')],
  ['exports', script('check-exports.mjs')],
  ['budgets', script('check-budgets.mjs')],
  ['words', script('check-words.mjs')],
  ['bundle for browsers', script('check-bundle.mjs')],
  ['unit tests', tool('vitest/vitest.mjs', 'run')],
  ['examples in the documentation', script('check-docs.mjs')],
];

const start = performance.now();
const failed = runSteps(STEPS);
const seconds = Math.round((performance.now() - start) / 1000);
if (failed === undefined) {
  console.log(`\ngate: ${STEPS.length} steps passed in ${seconds} s`);
} else {
  console.log(`\ngate: ${failed} failed after ${seconds} s`);
  process.exitCode = 1;
}
