// The carriers suite: sessions in network namespaces whose router drops UDP, lets only port 443 pass,
// resets TCP, or loses its cable. `npm run carriers [-- --full] [-- --only word]`; needs root.
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { makeCertificate } from '../lib/carriers/certificate.mjs';
import { Checks } from './attack/checks.mjs';
import { NO_UDP_DOWN, NO_UDP_UP } from './carriers/filters.mjs';
import { Link } from './carriers/link.mjs';
import { RouterNetwork, SERVER_ADDRESS } from './carriers/network.mjs';
import {
  cableOut,
  droppedAndReset,
  droppedInSilence,
  hastyTurnAbout,
  heavyLoss,
  oneWay,
  oneWayDropped,
  only443,
  onlyTls,
  onlyTlsAndHttp,
  resets,
  turnAbout,
  udpDroppedAfterHandshake,
  udpDroppedAtStart,
  udpDroppedInBetween,
} from './carriers/trials.mjs';
import { carrierNamed } from './compliance/carriers.mjs';
import { whyMissing } from './compliance/presence.mjs';

const MB = 1_000_000;
const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});

const TRIALS = [
  ['UDP is dropped from the start', udpDroppedAtStart],
  ['UDP is dropped in mid-transfer, comes back, is dropped again', udpDroppedInBetween],
  ['UDP is dropped right after the handshake', udpDroppedAfterHandshake],
  ['UDP is dropped while the server only receives', oneWay('up')],
  ['UDP is dropped while the client only receives', oneWay('down')],
  ['UDP is dropped on its way up', oneWayDropped(NO_UDP_UP)],
  ['UDP is dropped on its way down', oneWayDropped(NO_UDP_DOWN)],
  ['UDP is dropped in silence', droppedInSilence],
  ['UDP is dropped, then TCP instead', turnAbout],
  ['UDP is dropped, and TCP at once instead', hastyTurnAbout],
  ['UDP is dropped, and TCP is reset', droppedAndReset],
  ['UDP loses 40 of 100 datagrams', heavyLoss],
  ['only TCP port 443 passes', only443],
  ['only TLS and HTTP on port 443 pass', onlyTlsAndHttp],
  ['only TLS on port 443 passes', onlyTls],
  ['TCP is reset in mid-transfer', resets('tcp')],
  ['a WebSocket is reset in mid-transfer', resets('wss')],
  ['the cable is out for 5 s', cableOut(['udp', 'tcp', 'ws', 'wss', ''])],
  ['the cable is out for 5 s under QUIC', cableOut(['quic']), 'quic'],
];
const PACKAGES = ['nftables', 'iproute2'];

const checks = new Checks();
const trials = TRIALS.filter(([name]) => name.includes(values.only));
const obstacle = findObstacle();
if (obstacle === undefined) await runAll();
else for (const [name] of trials) checks.skip(name, obstacle);
checks.finish();

/** What is missing is installed, where that is possible. */
function findObstacle() {
  const first = RouterNetwork.obstacle();
  if (first === undefined || process.platform !== 'linux' || process.getuid() !== 0) return first;
  spawnSync('apt-get', ['install', '-y', '--no-install-recommends', ...PACKAGES]);
  return RouterNetwork.obstacle();
}

async function runAll() {
  const network = new RouterNetwork();
  const made = await makeCertificate([SERVER_ADDRESS]);
  const certificate = { ...made, ca: made.cert };
  const bytes = (values.full ? 100 : 20) * MB;
  console.log('the link has 50 Mbit/s and no delay of its own: this suite does not shape delay');
  try {
    for (const [name, trial, needed] of trials) {
      const missing = needed && (await whyMissing(carrierNamed(needed)));
      if (missing) checks.skip(name, missing);
      else await checks.run(name, () => runTrial(trial, { network, bytes, certificate }));
    }
  } finally {
    network.remove();
  }
}

async function runTrial(trial, surroundings) {
  const { network } = surroundings;
  const links = [];
  const openLink = () => {
    const link = new Link(network);
    links.push(link);
    return link;
  };
  try {
    network.pass();
    return await trial({ ...surroundings, link: openLink(), openLink });
  } finally {
    for (const link of links) link.kill();
    network.pass();
  }
}
