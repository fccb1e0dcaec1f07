// Puts the runtimes into a cache of their own, from the registry of npm, and Wine from Debian's.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../files.mjs';
import { runNpm } from '../npm.mjs';

const CACHE = join(ROOT, 'node_modules/.cache/vcl-runtimes');
const WINE_ENV = {
  WINEPREFIX: join(CACHE, 'wine'),
  WINEDEBUG: '-all',
  NODE_SKIP_PLATFORM_CHECK: '1',
};
const NPM_LIMIT_MS = 180_000;
const APT_LIMIT_MS = 300_000;
const WINE_LIMIT_MS = 120_000;

/**
 * Installs a runtime unless it is there.
 *
 * @param runtime of `RUNTIMES`
 * @returns {{ command: string[], env: object } | { reason: string }} how to start a module in it, or why not
 */
export function install({ packages, file, args = [], isWindows = false, isOurs = false }) {
  if (isOurs) return { command: [process.execPath], env: {} };
  const folder = join(CACHE, packages.join('+').replaceAll(/[@/]/g, '-'));
  const program = join(folder, 'node_modules', file);
  if (!existsSync(program)) {
    const reason = installPackages(folder, packages, isWindows);
    if (reason !== undefined) return { reason };
    if (!existsSync(program)) return { reason: `${packages.join(' ')} has no ${file}` };
  }
  if (!isWindows) return { command: [program, ...args], env: {} };
  const reason = installWine() ?? prepareWine();
  return reason ? { reason } : { command: ['wine', program, ...args], env: WINE_ENV };
}

/** Ends what an emulated Windows of ours has left running in the background. */
export function stopServices({ isWindows = false }) {
  if (isWindows) runWine(['wineboot', '-k']);
}

function installPackages(folder, packages, isWindows) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const flags = ['--no-audit', '--no-fund', '--loglevel=error', '--save=false'];
  const foreign = isWindows ? ['--force', '--os=win32', '--cpu=x64'] : [];
  const { status, stderr, error } = runNpm(['install', ...flags, ...foreign, ...packages], {
    cwd: folder,
    encoding: 'utf8',
    timeout: NPM_LIMIT_MS,
  });
  if (status === 0) return undefined;
  return `npm install ${packages.join(' ')} failed: ${firstLine(error?.message ?? stderr)}`;
}

function installWine() {
  if (succeeds('wine', ['--version'])) return undefined;
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    return 'Wine is missing: apt-get install wine wine64, as root';
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, encoding: 'utf8', timeout: APT_LIMIT_MS };
  spawnSync('apt-get', ['update', '-qq'], options);
  const install = ['install', '-y', '-qq', '--no-install-recommends', 'wine', 'wine64'];
  const { status, stderr } = spawnSync('apt-get', install, options);
  return status === 0 ? undefined : `apt-get install wine wine64 failed: ${firstLine(stderr)}`;
}

/** Makes the folders of the emulated Windows, which takes seconds the first time. */
function prepareWine() {
  return runWine(['wineboot', '-i'])
    ? undefined
    : 'wineboot has failed: see the output of wine wineboot -i';
}

function runWine(args) {
  return succeeds('wine', args, { env: { ...process.env, ...WINE_ENV } });
}

function succeeds(command, args, options = {}) {
  return (
    spawnSync(command, args, { stdio: 'ignore', timeout: WINE_LIMIT_MS, ...options }).status === 0
  );
}

function firstLine(text = '') {
  return text.trim().split('\n')[0] ?? '';
}
