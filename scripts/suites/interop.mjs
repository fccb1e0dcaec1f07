// The interoperability suite: a second implementation in Python (interop/python), written from SPEC.md,
// reads and checks what this one writes. `npm run interop [-- --full] [-- --seed N] [-- --keep]`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from '../lib/files.mjs';
import { tool } from '../lib/steps.mjs';
import { Checks } from './attack/checks.mjs';
import { findPython } from './interop/python.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    keep: { type: 'boolean', default: false },
  },
});
const { full, seed } = values;
const checks = new Checks();

const missing = findPython();
if (missing !== undefined) checks.skip('the second implementation', missing);
else {
  build();
  await suite();
}
checks.finish();

/** Builds what is not there; what is there may be somebody's work in progress. */
function build() {
  const built = ['core', 'vcl-protocol', 'cli', 'testkit'].every((name) =>
    existsSync(join(ROOT, 'packages', name, 'dist/index.js')),
  );
  if (built) return;
  const [command, ...args] = tool('typescript/bin/tsc', '-b', 'tsconfig.build.json');
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('the build has failed: its errors stand above');
}

async function suite() {
  const folder = mkdtempSync(join(tmpdir(), 'vcl-interop-'));
  console.log(`seed ${seed}${values.keep ? `, files are kept in ${folder}` : ''}`);
  try {
    await inFolder(folder);
  } finally {
    if (!values.keep) rmSync(folder, { recursive: true });
  }
}

async function inFolder(folder) {
  // These load what was built.
  const { record, SCENARIOS } = await import('./interop/record.mjs');
  const { dissection, program, sabotage } = await import('./interop/checks.mjs');
  const { compareDecoders } = await import('./interop/mutants.mjs');
  const { SeededRandom } = await import('../../packages/testkit/dist/index.js');
  const tests = ['-m', 'unittest', 'discover', '-s', 'tests', '-t', '.'];
  await checks.run('Python passes its own tests', () => program(tests));
  await checks.run('Python reproduces the vectors', () => program(['vcl_vectors.py']));
  await checks.run('both decoders accept the same of what is nearly right', () =>
    compareDecoders({
      count: full ? 500_000 : 20_000,
      random: new SeededRandom(`${seed} mutants`),
    }),
  );
  const recordings = [];
  for (const scenario of SCENARIOS) {
    await checks.run(`a session is recorded: ${scenario.name} evidence`, async () => {
      recordings.push({ folder, ...(await record(scenario, { folder, seed })) });
      return { problems: [] };
    });
  }
  for (const recording of recordings) {
    await checks.run(
      `Python opens every datagram and computes every key, leaf and statement: ${recording.name} evidence`,
      () => dissection(recording),
    );
  }
  if (recordings.length < SCENARIOS.length) return;
  await checks.run('Python sees what was changed in a recording', () => sabotage(recordings[0]));
  await verdicts(folder, recordings);
}

async function verdicts(folder, recordings) {
  const { BothVerifiers } = await import('./interop/both.mjs');
  const { altered, commandLines, contradictions, firstHalf, goodLogs, joinedLogs } = await import(
    './interop/checks.mjs'
  );
  const { SeededRandom } = await import('../../packages/testkit/dist/index.js');
  const alterations = await import('./interop/alterations.mjs');
  const both = new BothVerifiers();
  const logs = recordings.flatMap(({ files }) => [files.serverLog, files.clientLog]);
  const [identity] = recordings;
  const half = join(folder, 'half.vcllog');
  await checks.run('recorded logs are whole', () => goodLogs(both, logs));
  await checks.run('joined logs', () => joinedLogs(both, identity.files.serverLog));
  const diverging = [];
  await checks.run('logs that contradict', async () => {
    const { files, ...outcome } = await contradictions(both, identity);
    diverging.push(...files);
    return outcome;
  });
  await checks.run('both command lines give the same exit codes', async () => {
    writeFileSync(half, firstHalf(both.read(logs[0])));
    const halfCode = (await both.verify({ log: half })).report.exitCode;
    return commandLines([
      { files: [logs[0]], exitCode: 0 },
      { files: [logs[0], logs[1]], exitCode: 0 },
      ...diverging.map((other) => ({ files: [logs[0], other], exitCode: 1 })),
      { files: [half], exitCode: halfCode },
      { files: [identity.files.keyLog], exitCode: 4 },
      { files: [join(folder, 'none')], exitCode: 4 },
    ]);
  });
  for (const [name, alteration, times, never] of [
    ['truncated', alterations.truncation, full ? 500 : 20, ['altered']],
    ['one flipped bit', alterations.flip, full ? 5_000 : 200, ['whole']],
    ['two entries swapped', alterations.swap, full ? 500 : 40, ['whole']],
    ['an entry removed', alterations.removal, full ? 500 : 40, ['whole']],
    ['an entry repeated', alterations.repetition, full ? 500 : 40, ['whole']],
    ['an entry of noise', alterations.noise, full ? 500 : 40, ['whole']],
  ]) {
    const random = new SeededRandom(`${seed} ${name}`);
    await checks.run(`both say the same of logs: ${name}`, () =>
      altered(both, { logs, alteration, times, random, never }),
    );
  }
  await both.stop();
}
