// Finds a Chromium, and installs Debian's where that is allowed.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PATH = '/usr/bin/chromium';
const INSTALL = ['apt-get', 'install', '-y', '--no-install-recommends', 'chromium'];
const LIMIT_MS = 10 * 60_000;

/** @returns `path` of the browser, or the `reason` why there is none */
export function findChromium() {
  if (existsSync(PATH)) return { path: PATH };
  const command = INSTALL.join(' ');
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return { reason: `there is no ${PATH}: ${command}` };
  }
  console.log(command);
  const [program, ...args] = INSTALL;
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const options = { env, stdio: 'ignore', timeout: LIMIT_MS };
  // The list of packages may be older than the packages.
  spawnSync(program, ['update'], options);
  spawnSync(program, args, options);
  return existsSync(PATH) ? { path: PATH } : { reason: `'${command}' did not install it` };
}
