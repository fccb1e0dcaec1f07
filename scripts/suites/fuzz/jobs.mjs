// Runs targets in processes of their own, as many at a time as there are cores.
import { fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHILD = fileURLToPath(new URL('../../../fuzz/engine/child.mjs', import.meta.url));
const REGISTER = new URL('../../../fuzz/engine/register.mjs', import.meta.url).href;

/**
 * Runs one phase of a target.
 *
 * @param snapshot modules to run
 * @param job see child.mjs; `points` of 0 runs the modules without counters
 * @returns what the process answered, or `error`
 */
export function runPhase(snapshot, job) {
  const folder = join(snapshot.folder, job.points > 0 ? 'counted' : 'plain');
  return new Promise((resolve) => {
    const child = fork(CHILD, [], {
      env: { ...process.env, VCL_FUZZ_MODULES: folder, NODE_OPTIONS: '' },
      execArgv: ['--expose-gc', '--max-semi-space-size=32', '--import', REGISTER],
      serialization: 'advanced',
    });
    // A process that runs inputs does not hear that its parent is gone.
    const kill = () => child.kill('SIGKILL');
    process.once('exit', kill);
    let answer;
    child.once('message', (message) => {
      answer = message;
    });
    child.once('exit', (code, signal) => {
      process.off('exit', kill);
      const how = signal === null ? `exit code ${code}` : signal;
      resolve(answer ?? { error: `the process ended with ${how}` });
    });
    child.send(job);
  });
}

/** Runs `work` on every item, `count` at a time, in their order. */
export async function inParallel(items, count, work) {
  const queue = [...items];
  const lanes = Array.from({ length: count }, async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  });
  await Promise.all(lanes);
}
