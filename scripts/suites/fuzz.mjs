// The fuzz suite: every decoder, in front of the AEAD and behind it, is given inputs that nobody
// meant. `npm run fuzz [-- --full] [-- --seed N] [-- --target NAME] [-- --runs N] [-- --minutes M]
// [-- --replay FILE] [-- --keep]`; see docs/fuzzing.md.
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readFinding } from '../../fuzz/engine/finding.mjs';
import { makeSnapshot } from '../../fuzz/engine/snapshot.mjs';
import { TARGETS } from '../../fuzz/targets/index.mjs';
import { inParallel, runPhase } from './fuzz/jobs.mjs';
import { replayFile } from './fuzz/replay.mjs';
import { headLine, resultLine } from './fuzz/table.mjs';

/** Mutations of a target with a share of 1: in search of new ways, and for mass. */
const SHORT = { discover: 30_000, mass: 120_000, minutes: 0.25 };
const FULL = { discover: 400_000, mass: 10_000_000, minutes: 30 };

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true, default: [] },
    runs: { type: 'string' },
    minutes: { type: 'string' },
    replay: { type: 'string' },
    keep: { type: 'boolean', default: false },
    out: { type: 'string', default: join(tmpdir(), 'vcl-fuzz-findings') },
  },
});

const { full, seed, out } = values;
const size = full ? FULL : SHORT;
const chosen = TARGETS.filter(
  ({ name }) => values.target.length === 0 || values.target.some((part) => matches(name, part)),
);
if (chosen.length === 0) throw new Error(`no target is called ${values.target.join(' or ')}`);

process.setMaxListeners(2 * availableParallelism() + 10);
const snapshot = makeSnapshot();
process.once('exit', snapshot.remove);
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

const counts = { passed: 0, failed: 0, skipped: 0 };
if (values.replay !== undefined) {
  const { target, input } = readFinding(values.replay);
  const name = values.target[0] ?? target;
  const isWell = await replayFile(snapshot, name, input);
  counts[isWell ? 'passed' : 'failed']++;
} else {
  console.log(`seed ${seed}, ${chosen.length} targets, findings go to ${out}`);
  console.log(headLine());
  await inParallel(chosen, availableParallelism(), runTarget);
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
if (counts.failed > 0) process.exitCode = 1;

/** First with counters, then without, from what was found. */
async function runTarget({ name, share, fullShare }) {
  const foundFile = join(snapshot.folder, `${name}.hex`);
  const minutes = values.minutes === undefined ? size.minutes : Number(values.minutes);
  const common = { name, seed, folder: out, foundFile };
  const discover = await runPhase(snapshot, {
    ...common,
    points: snapshot.points,
    keep: values.keep,
    mutations: Math.ceil(size.discover * share),
    minutes: minutes / 2,
  });
  const mass = await runPhase(snapshot, {
    ...common,
    points: 0,
    mutations: values.runs === undefined ? massOf(full ? fullShare : share) : Number(values.runs),
    minutes,
    ...(discover.error === undefined ? {} : { foundFile: undefined }),
  });
  const phases = [discover, mass];
  const isWell = phases.every(
    ({ error, findings }) => error === undefined && findings.length === 0,
  );
  counts[isWell ? 'passed' : 'failed']++;
  console.log(resultLine(name, discover, mass));
  for (const { error, findings = [] } of phases) {
    if (error !== undefined) console.log(`      ${error.split('\n').slice(0, 3).join('\n')}`);
    for (const { message, file, hex } of findings) {
      console.log(`      ${message}\n      ${file}: ${hex.slice(0, 400)}`);
    }
  }
}

function massOf(share) {
  return Math.ceil(size.mass * share);
}

function matches(name, part) {
  return name === part || (part.endsWith('*') && name.startsWith(part.slice(0, -1)));
}
