// A copy of the built packages, with counters and without. Runs take hours at times: a build in
// between must not change what they test.
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { instrument } from './instrument.mjs';

/** The folder of the repository. */
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PACKAGES = ['core', 'vcl-protocol', 'tunnel', 'cli', 'testkit'];
/** Parts that decode nothing: their counters would only cost time. */
const PLAIN = /^packages\/(testkit|cli\/dist\/demo)\//;
const PREFIX = 'vcl-fuzz-';

/**
 * Makes a snapshot in a temporary folder.
 *
 * @returns its folder, how many points the code with counters has, and a function that removes it
 */
export function makeSnapshot() {
  removeLeftovers();
  const folder = mkdtempSync(join(tmpdir(), `${PREFIX}${process.pid}-`));
  let points = 0;
  for (const path of modulePaths()) {
    const code = readFileSync(join(ROOT, path), 'utf8').replace(/\n\/\/# sourceMappingURL=.*/, '');
    write(join(folder, 'plain', path), code);
    if (PLAIN.test(path)) continue;
    const counted = cached(code, path, points);
    points += counted.points;
    write(join(folder, 'counted', path), counted.code);
  }
  return { folder, points, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function modulePaths() {
  return PACKAGES.flatMap((name) => {
    const dist = join(ROOT, 'packages', name, 'dist');
    if (!existsSync(dist)) throw new Error(`packages/${name} is not built: npm run build`);
    return readdirSync(dist, { recursive: true })
      .filter((path) => path.endsWith('.js'))
      .map((path) => relative(ROOT, join(dist, path)).replaceAll('\\', '/'));
  }).sort();
}

/** Instrumenting takes a tenth of a second a module: what was done for the same text is kept. */
function cached(code, path, firstPoint) {
  const tools = readFileSync(new URL('instrument.mjs', import.meta.url));
  const key = createHash('sha256')
    .update(JSON.stringify([path, firstPoint, code]))
    .update(tools)
    .digest('hex');
  const file = join(tmpdir(), 'vcl-fuzz-cache', `${key}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  const counted = instrument(code, path, firstPoint);
  write(`${file}.${process.pid}`, JSON.stringify(counted));
  renameSync(`${file}.${process.pid}`, file);
  return counted;
}

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Folders of runs that were killed. */
function removeLeftovers() {
  for (const name of readdirSync(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid))) continue;
    rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid) {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}
