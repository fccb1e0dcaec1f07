// Runs commands one after the other and says which, how long, and how it ended. The gate and the
// package check are lists of such steps.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './files.mjs';

/** The command line of a tool in node_modules, without a shell and without PATH. */
export function tool(path, ...args) {
  return [process.execPath, join(ROOT, 'node_modules', path), ...args];
}

/** The command line of a script of this repository. */
export function script(path, ...args) {
  return [process.execPath, join(ROOT, 'scripts', path), ...args];
}

/**
 * Runs the steps in order up to the first that fails, with their output passed through.
 *
 * @param steps pairs of a name and a command line
 * @returns the name of the step that failed; undefined when all passed
 */
export function runSteps(steps) {
  for (const [name, [command, ...args]] of steps) {
    console.log(`\n== ${name}`);
    const start = performance.now();
    const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
    if (error) console.error(error.message);
    const seconds = secondsSince(start);
    console.log(`== ${name}: ${status === 0 ? 'passed' : 'FAILED'} in ${seconds} s`);
    if (status !== 0) return name;
  }
  return undefined;
}

/** Seconds since a `performance.now()`, with one digit. */
export function secondsSince(start) {
  return ((performance.now() - start) / 1000).toFixed(1);
}
