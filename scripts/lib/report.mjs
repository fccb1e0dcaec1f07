// How a check ends: the problems one a line, then one sentence, then the exit code.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Whether the module at this URL is the one that node was started with, perhaps through a link. */
export function isMain(url) {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === fileURLToPath(url);
}

/**
 * Prints problems and sets the exit code.
 *
 * @param name of the check
 * @param problems one string each; none is success
 * @param success what to say when there is none
 */
export function report(name, problems, success) {
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) {
    console.error(`${name}: ${problems.length} problem${problems.length === 1 ? '' : 's'}`);
    process.exitCode = 1;
  } else {
    console.log(`${name}: ${success}`);
  }
}
