// The flood suite: what an attacker sends at a rate is sent beside a transfer, and a thousand clients
// share one listener. `npm run flood [-- --full] [-- --only word]`; needs root, for network namespaces.
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { squatters, stalledReaders, thousand } from './flood/crowd-trials.mjs';
import { FloodNetwork } from './flood/network.mjs';
import { Battlefield } from './flood/trial.mjs';
import { Processes } from './flood/worker.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const stretchMs = values.full ? 30_000 : 2_500;

/** Hellos that come back with their cookies, and those that hold every place there is. */
const RETURNING = { count: 2_000, sources: 2_000 };
const LINGERING = { count: 1_200, sources: 1_200 };
const HELLO_REASONS = ['cookie-demanded'];

const floods = [
  [
    'junk as long as handshakes',
    { kind: 'junk', rate: 50_000, from: 'forged', reasons: ['unknown'] },
  ],
  [
    'junk as long as records',
    { kind: 'longJunk', rate: 50_000, from: 'forged', reasons: ['unknown'] },
  ],
  [
    'junk sealed under the public keys',
    { kind: 'sealedJunk', rate: 20_000, from: 'forged', reasons: ['handshake'] },
  ],
  [
    'hellos from 65,536 addresses',
    { kind: 'hellos', rate: 20_000, from: 'forged', reasons: HELLO_REASONS },
  ],
  [
    'hellos from one address that completes nothing',
    { kind: 'hellos', rate: 20_000, from: 'held', reasons: HELLO_REASONS },
  ],
  [
    'hellos that come back with their cookies, from 2,000 addresses',
    { rate: 5_000, held: RETURNING, reasons: ['hello-limit', 'half-open-evicted'] },
  ],
  [
    'every half-open place held by real addresses',
    { rate: 500, held: LINGERING, leadMs: 3_000, reasons: ['half-open-evicted'] },
  ],
  [
    "forgeries with the session's connection id",
    {
      kind: 'forgeries',
      rate: 20_000,
      from: 'forged',
      reasons: ['authentication', 'replay', 'stale-epoch'],
    },
  ],
  [
    "genuine datagrams replayed under the client's address",
    { kind: 'replays', rate: 20_000, from: 'given', reasons: ['replay', 'stale-epoch'] },
  ],
];

const crowds = [
  ['clients that finish their handshakes and idle', (all) => squatters(all, stretchMs)],
  ['messages of a hundred clients that nobody reads', (all) => stalledReaders(all, stretchMs)],
  ['a thousand clients on one socket', (all) => thousand(all, 1_000)],
];

const checks = new Checks();
const obstacle = FloodNetwork.obstacle();
const chosenFloods = chosen(floods);
const chosenCrowds = chosen(crowds);
if (obstacle === undefined) await runAll();
else for (const [name] of [...chosenFloods, ...chosenCrowds]) checks.skip(name, obstacle);
checks.finish();

function chosen(list) {
  return list.filter(([name]) => name.includes(values.only));
}

async function runAll() {
  const network = new FloodNetwork();
  try {
    if (chosenFloods.length > 0) await withProcesses(network, runFloods);
    for (const [name, trial] of chosenCrowds) {
      await checks.run(name, () => withProcesses(network, trial));
    }
  } finally {
    network.remove();
  }
}

async function runFloods(processes) {
  const battlefield = new Battlefield(processes, stretchMs);
  await checks.run('the server takes a transfer', () => battlefield.open());
  for (const [name, flood] of chosenFloods) await checks.run(name, () => battlefield.run(flood));
}

async function withProcesses(network, action) {
  const processes = new Processes(network);
  try {
    return await action(processes);
  } finally {
    processes.kill();
  }
}
