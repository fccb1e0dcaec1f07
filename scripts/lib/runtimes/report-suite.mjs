// Runs one suite in a process of the runtime that is tried, and leaves the result in the file that the
// command line names.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addResult } from './notes.mjs';

const MAX_PROBLEMS = 50;

/**
 * @param runFiles of the harness
 * @param files pairs of a name and a function that imports the file
 */
export async function reportSuite(runFiles, files) {
  const report = process.argv[2];
  const home = mkdtempSync(join(tmpdir(), 'vcl-runtimes-home-'));
  process.env.VCL_HOME = home;
  const strays = [];
  process.on('unhandledRejection', (error) => strays.push(error));
  process.on('uncaughtException', (error) => strays.push(error));
  let passed = 0;
  const problems = [];
  await runFiles(files, ({ file, name, problem }) => {
    if (problem === undefined) passed++;
    else problems.push(`${file}: ${name}: ${problem}`);
  });
  for (const error of strays) problems.push(`nobody caught: ${error?.stack ?? error}`);
  rmSync(home, { recursive: true, force: true });
  addResult(report, { passed, failed: problems.length, problems: problems.slice(0, MAX_PROBLEMS) });
  process.exit();
}
