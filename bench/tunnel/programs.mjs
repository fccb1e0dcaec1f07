// What the benchmark needs from Debian; root gets what is missing.
import { execFileSync, spawnSync } from 'node:child_process';

/** Programs, and the package that each is in. */
const PACKAGES = {
  ip: 'iproute2',
  ping: 'iputils-ping',
  setpriv: 'util-linux',
  iperf3: 'iperf3',
  ethtool: 'ethtool',
  gcc: 'gcc',
  'wireguard-go': 'wireguard-go',
  wg: 'wireguard-tools',
  openvpn: 'openvpn',
  openssl: 'openssl',
};
const SYSTEM_PATH = '/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin';
const LIMIT_MS = 10 * 60_000;

/** The environment of all programs: a user's path often lacks what only root is thought to need. */
export const PROGRAM_ENV = {
  ...process.env,
  LC_ALL: 'C',
  PATH: `${process.env.PATH ?? ''}:${SYSTEM_PATH}`,
};

/**
 * Installs programs that are missing, if that is possible.
 *
 * @param {string[]} names of programs
 * @returns {Set<string>} those that are missing still
 */
export function installPrograms(names) {
  const missing = names.filter(isMissing);
  if (missing.length > 0 && process.getuid?.() === 0 && !isMissing('apt-get')) {
    const packages = [...new Set(missing.map((name) => PACKAGES[name]))];
    process.stderr.write(`installing ${packages.join(', ')}\n`);
    const options = {
      env: { ...PROGRAM_ENV, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: 'ignore',
      timeout: LIMIT_MS,
    };
    // The list of packages may be older than the packages.
    spawnSync('apt-get', ['update'], options);
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...packages], options);
  }
  return new Set(names.filter(isMissing));
}

/** How to get a program. */
export function howToGet(name) {
  return `there is no ${name}: apt-get install ${PACKAGES[name]}`;
}

/** The first line that a program prints about itself, or undefined. */
export function versionOf(program, option = '--version') {
  const { stdout } = spawnSync(program, [option], { env: PROGRAM_ENV, encoding: 'utf8' });
  return stdout?.split('\n', 1)[0]?.trim() || undefined;
}

/** Runs a program to its end. @returns what it prints @throws with what it says when it fails */
export function run(command, { input } = {}) {
  const [program, ...args] = command;
  try {
    return execFileSync(program, args, {
      env: PROGRAM_ENV,
      encoding: 'utf8',
      input,
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: 30_000,
    });
  } catch (error) {
    const said = String(error.stderr || error.message).trim();
    throw new Error(`${command.join(' ')}: ${said}`);
  }
}

function isMissing(name) {
  return spawnSync('which', [name], { env: PROGRAM_ENV, stdio: 'ignore' }).status !== 0;
}
