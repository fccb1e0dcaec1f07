// Real traffic between two network namespaces, and a capture of it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ip, removeLeftovers, removeNamespace } from '../../lib/namespaces.mjs';

const NAME = /^vclip(\d+)[abp]$/;
const PYTHON = '/usr/bin/python3';
const PROGRAM = fileURLToPath(new URL('traffic.py', import.meta.url));
const DEVICE = 'cable';
const SIDES = {
  a: { v4: '10.77.0.1', v6: 'fd77::1' },
  b: { v4: '10.77.0.2', v6: 'fd77::2' },
};
const LIMIT_MS = 30_000;
/** tcpdump writes what it has seen within this time. */
const SETTLE_MS = 500;
const PACKAGES = ['tshark', 'tcpdump', 'ethtool', 'iputils-ping', 'iproute2', 'python3-minimal'];
const PROGRAMS = ['tshark', 'tcpdump', 'ethtool', 'ping'];

/** Why nothing can be captured here; undefined when it can. What is missing is installed if possible. */
export function captureObstacle() {
  if (process.platform !== 'linux') return 'needs network namespaces, which only Linux has';
  if (process.getuid() !== 0) return 'needs root for network namespaces';
  if (missingPrograms().length > 0) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES], { env });
  }
  const missing = missingPrograms();
  if (missing.length > 0) return `needs ${missing.join(', ')}`;
  return namespaceObstacle();
}

/**
 * Makes the traffic and captures it.
 *
 * @param {string} folder for the capture
 * @param {string[]} frames packets in hex that are sent as they are
 * @returns {Promise<string>} the file
 */
export async function captureTraffic(folder, frames) {
  removeLeftovers(NAME);
  const file = join(folder, 'traffic.pcap');
  const running = [];
  try {
    layCable();
    const tcpdump = [
      'tcpdump',
      '-i',
      DEVICE,
      '-U',
      '--immediate-mode',
      '-B',
      '8192',
      '-s',
      '0',
      '-w',
      file,
    ];
    const capture = start(running, 'b', tcpdump, 'stderr');
    await capture.printed;
    const server = start(running, 'b', [PYTHON, PROGRAM], 'stdout');
    server.child.stdin.write(`${JSON.stringify({ role: 'server', ...SIDES.b })}\n`);
    await server.printed;
    makeTraffic(frames);
    await delay(SETTLE_MS);
    const exit = once(capture.child, 'exit');
    capture.child.kill('SIGINT');
    await exit;
    return file;
  } finally {
    for (const child of running) child.kill('SIGKILL');
    for (const side of Object.keys(SIDES)) removeNamespace(nameOf(side));
  }
}

function missingPrograms() {
  const isThere = (command) =>
    spawnSync(command, ['--version'], { timeout: LIMIT_MS }).error === undefined;
  const missing = PROGRAMS.filter((command) => !isThere(command));
  return isThere(PYTHON) ? missing : [...missing, PYTHON];
}

function namespaceObstacle() {
  const probe = nameOf('p');
  try {
    ip('netns', 'add', probe);
    return undefined;
  } catch (error) {
    return `needs leave to make namespaces: ${String(error.message).split('\n', 1)[0]}`;
  } finally {
    removeNamespace(probe);
  }
}

function nameOf(side) {
  return `vclip${process.pid}${side}`;
}

function layCable() {
  for (const side of Object.keys(SIDES)) ip('netns', 'add', nameOf(side));
  const ends = [DEVICE, 'netns', nameOf('a'), 'type', 'veth', 'peer', 'name', DEVICE];
  ip('link', 'add', ...ends, 'netns', nameOf('b'));
  for (const [side, { v4, v6 }] of Object.entries(SIDES)) {
    const here = ['-n', nameOf(side)];
    ip(...here, 'address', 'add', `${v4}/24`, 'dev', DEVICE);
    ip(...here, 'address', 'add', `${v6}/64`, 'dev', DEVICE, 'nodad');
    ip(...here, 'link', 'set', 'lo', 'up');
    ip(...here, 'link', 'set', DEVICE, 'up');
    // What never leaves the machine has no checksums, unless it is told that it does.
    run(side, ['ethtool', '-K', DEVICE, 'tx', 'off', 'tso', 'off', 'gso', 'off', 'gro', 'off']);
  }
}

function makeTraffic(frames) {
  const { v4, v6 } = SIDES.b;
  for (const address of [v4, v6]) {
    run('a', ['ping', '-c', '2', '-i', '0.2', '-W', '2', address]);
    run('a', ['ping', '-c', '1', '-s', '3333', '-W', '2', address]);
  }
  run('a', ['ping', '-c', '1', '-M', 'do', '-s', '1000', '-t', '3', v4]);
  const order = { role: 'client', ...SIDES.b, device: DEVICE, frames };
  run('a', [PYTHON, PROGRAM], `${JSON.stringify(order)}\n`);
}

/** Runs a program on a side to its end. @throws Error when it fails */
function run(side, command, input = '') {
  const args = ['netns', 'exec', nameOf(side), ...command];
  const options = { encoding: 'utf8', input, timeout: LIMIT_MS };
  const { status, stderr, error } = spawnSync('ip', args, options);
  if (status !== 0) throw new Error(`${command.join(' ')}: ${error?.message ?? stderr}`);
}

/** Starts a program on a side. @returns it, and a promise of its first output */
function start(running, side, command, output) {
  const child = spawn('ip', ['netns', 'exec', nameOf(side), ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  running.push(child);
  const ended = once(child, 'exit').then(() => {
    throw new Error(`${command[0]} has ended before its time`);
  });
  const printed = Promise.race([once(child[output], 'data'), ended]);
  ended.catch(() => {});
  return { child, printed };
}
