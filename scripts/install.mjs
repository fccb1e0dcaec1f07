// `npm start` and `npm test` begin here, so that a fresh clone needs no other command first. Installs
// exactly what package-lock.json says, and only when node_modules holds something else: the second
// `npm test` goes straight on. Runs before anything is installed, hence imports nothing but Node.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNpm } from './lib/npm.mjs';
import { isMain } from './lib/report.mjs';

/**
 * Compares package-lock.json with the list that npm keeps inside node_modules and with what is there.
 * Times of files say nothing here: a checkout renews them, a copy may keep them.
 *
 * @returns why an installation is due; undefined when everything is in place
 */
export function whyInstall(root) {
  const wanted = readPackages(join(root, 'package-lock.json'));
  if (wanted === undefined) return 'package-lock.json cannot be read';
  const installed = readPackages(join(root, 'node_modules', '.package-lock.json'));
  if (installed === undefined) return 'nothing is installed';

  for (const [path, want] of Object.entries(wanted)) {
    if (path === '') continue;
    const have = installed[path];
    if (have === undefined) {
      // Binaries for other platforms are listed and stay away.
      if (want.optional || want.peer) continue;
      return `${path} is not installed`;
    }
    if (have.version !== want.version || differ(have.integrity, want.integrity)) {
      return `${path} is ${have.version}, package-lock.json wants ${want.version}`;
    }
    if (!existsSync(join(root, path, 'package.json'))) return `${path} is incomplete`;
  }
  const extra = Object.keys(installed).find((path) => wanted[path] === undefined);
  return extra === undefined ? undefined : `${extra} is installed but not in package-lock.json`;
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

/** One of the two lists may lack the sum, as for links. */
function differ(a, b) {
  return a !== undefined && b !== undefined && a !== b;
}

/** @returns the exit code of `npm ci` */
function install(root) {
  // The gate needs the development dependencies, whatever NODE_ENV or the configuration says.
  const args = ['ci', '--include=dev', '--no-audit', '--no-fund'];
  const { status, error } = runNpm(args, { cwd: root, stdio: 'inherit' });
  if (error) console.error(`install: npm does not start: ${error.message}`);
  return status ?? 1;
}

if (isMain(import.meta.url)) {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const reason = whyInstall(root);
  if (reason !== undefined) {
    console.log(`install: ${reason}, so: npm ci`);
    process.exitCode = install(root);
  }
}
