// The end-to-end suite of the VPN: clients, a router with address translation, a server, a host behind
// it, each in a network namespace, with real tools. `npm run e2e [-- --full] [-- --only word]`; needs root.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { VpnNetwork } from './e2e/network.mjs';
import { begin } from './e2e/traffic.mjs';
import { fullTunnel, killed, overIpv6, readdressed, removed } from './e2e/trials-machine.mjs';
import { blackHoles, longPings, throughput, tooLong } from './e2e/trials-packets.mjs';
import { sleepObstacle, slept, stopped } from './e2e/trials-sleep.mjs';
import {
  behindClient,
  download,
  foreignSource,
  manyClients,
  pings,
  requests,
} from './e2e/trials-traffic.mjs';
import {
  cable,
  crashed,
  rebinding,
  restarted,
  restartedWithTranslation,
  roaming,
  udpBlocked,
  udpBlockedAtStart,
} from './e2e/trials-trouble.mjs';
import { eventually, Vpn } from './e2e/vpn.mjs';

const MB = 1_000_000;
const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const SIZES = values.full
  ? { bytes: 100 * MB, clients: 20, stopMs: 90_000 }
  : { bytes: 20 * MB, clients: 4, stopMs: 10_000 };

const TRIALS = [
  ['pings are answered, by the server and by the host behind it', pings],
  ['a download is what it should be', download],
  ['1,000 requests at a time are answered', requests],
  ['TCP is as fast as the line', throughput],
  ['long pings are answered', longPings],
  ['senders of packets that are too long are told', tooLong],
  ['TCP meets no black hole', blackHoles],
  ['a foreign source address is dropped and counted', foreignSource],
  ['clients reach each other, unless that is forbidden', manyClients],
  ['a network behind a client is reached', behindClient],
  ['a full tunnel leaves outside what belongs there', fullTunnel],
  ['a client gets another address', readdressed],
  ['the way to the server is IPv6', overIpv6],
  ['a client that is killed strands nobody', killed],
  ['a device that is removed is out', removed],
  ['the client moves to another address in mid-download', roaming],
  ['the server is restarted in mid-download', restarted],
  ['the server is killed and started in mid-download', crashed],
  ['a server that translates is restarted', restartedWithTranslation],
  ['the cable is out in mid-download', cable],
  ['UDP is blocked in mid-download', udpBlocked],
  ['UDP is blocked from the start', udpBlockedAtStart],
  ['the router forgets flows after 2 s', rebinding],
  ['the client stands still (SIGSTOP)', stopped],
  ['the machine sleeps for 8 hours', slept({ isMonotonicToo: false }), sleepObstacle],
  ['it sleeps, and both its clocks jump', slept({ isMonotonicToo: true }), sleepObstacle],
  [
    'it sleeps while the server is restarted',
    slept({ isMonotonicToo: false, meanwhile: (vpn) => vpn.restartServer() }),
    sleepObstacle,
  ],
];
const PACKAGES = [
  'iproute2',
  'util-linux',
  'nftables',
  'curl',
  'iputils-ping',
  'iperf3',
  'tcpdump',
  'libfaketime',
];
const WEB_SERVER = fileURLToPath(new URL('e2e/web-server.mjs', import.meta.url));

const checks = new Checks();
const trials = TRIALS.filter(([name]) => name.includes(values.only));
const obstacle = findObstacle();
if (obstacle === undefined) await runAll();
else for (const [name] of trials) checks.skip(name, obstacle);
checks.finish();

/** What is missing is installed, where that is possible. */
function findObstacle() {
  if (process.platform === 'linux' && process.getuid() === 0) {
    const missing = PACKAGES.filter((name) => !isInstalled(name));
    if (missing.length > 0) {
      spawnSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], {
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      });
    }
  }
  return VpnNetwork.obstacle();
}

function isInstalled(name) {
  const { stdout } = spawnSync('dpkg', ['-s', name], { encoding: 'utf8' });
  return stdout?.includes('Status: install ok installed') === true;
}

async function runAll() {
  const network = new VpnNetwork();
  const vpn = new Vpn(network);
  const web = begin(network, 'h', process.execPath, WEB_SERVER);
  try {
    await vpn.startServer();
    await eventually('the web server listens', () => web.text().includes('serving'));
    const client = vpn.invite(network.addClient(), '--routes', 'assigned');
    await client.up();
    for (const [name, trial, missing] of trials) {
      const why = missing?.();
      if (why) checks.skip(name, why);
      else await checks.run(name, () => runTrial(trial, { network, vpn, client, ...SIZES }));
    }
    await checks.run('all of it ends', async () => {
      await vpn.stop();
      return { note: undefined, problems: [] };
    });
  } catch (error) {
    await checks.run('the network is set up', () => {
      throw error;
    });
  } finally {
    await vpn.stop().catch(() => {});
    web.child.kill();
    network.remove();
  }
}

/** Each begins with a client that is connected over a network that passes everything. */
async function runTrial(trial, surroundings) {
  const { network, vpn, client } = surroundings;
  network.pass();
  await client.connected();
  try {
    const outcome = await trial(surroundings);
    if (outcome.problems.length > 0) outcome.problems.push(vpn.lastWords());
    return outcome;
  } catch (error) {
    return { note: undefined, problems: [String(error.stack ?? error), vpn.lastWords()] };
  }
}
