// The system suite: what a tunnel changes in routes, rules, translation and settings, on the real
// kernel, in network namespaces that end with the suite: where packets go, what is left when a process
// is killed at any step, and that all is as before at the end. `npm run system [-- --full]`; needs root.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
  },
});

const NAMES = {
  everything: 'everything goes through the tunnel but for the server, local and excluded networks',
  moves: 'the way to the server follows the default route',
  killed: 'a process that is killed strands nobody, and what it left can be undone',
  withoutIp6: 'IPv6 does not leak past a tunnel without an address of it',
  someNetworks: 'single networks go through the tunnel and take nothing from other routes',
  two: 'two tunnels at once do not disturb each other, and none is up twice',
  killedAtEachStep: 'a process that is killed at any step leaves nothing that cannot be undone',
  translation: 'clients of a server reach other networks under its address',
};

const obstacle = obstacleHere();
if (obstacle === undefined && !values.inside) {
  const args = [fileURLToPath(import.meta.url), '--inside', ...process.argv.slice(2)];
  const { status } = spawnSync('unshare', ['-n', process.execPath, ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  await runChecks();
}

async function runChecks() {
  const checks = new Checks();
  if (obstacle !== undefined) {
    for (const name of Object.values(NAMES)) checks.skip(name, obstacle);
    checks.finish();
    return;
  }
  // These load what was built.
  const { buildMachine } = await import('./system/world.mjs');
  const client = await import('./system/client-trials.mjs');
  const { translation } = await import('./system/server-trials.mjs');
  buildMachine();
  const trials = { ...client, translation };
  for (const [trial, name] of Object.entries(NAMES)) {
    await checks.run(name, () => trials[trial](values.full ? 1 : 3));
  }
  checks.finish();
}

/** Why it cannot be tried here; undefined when it can. */
function obstacleHere() {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid() !== 0) return 'needs root for network interfaces';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun: modprobe tun';
  try {
    createRequire(import.meta.url)('koffi');
    execFileSync('unshare', ['-n', 'nft', 'list', 'ruleset'], { stdio: 'ignore' });
    execFileSync('ip', ['-V'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return `needs koffi, ip, nft and leave to make namespaces: ${error.message.split('\n')[0]}`;
  }
}
