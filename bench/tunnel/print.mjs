// The results as text.
import { printTable, range } from '../figures.mjs';
import { formatTop } from '../profile-summary.mjs';

const NAME_WIDTH = 20;
const REFERENCES = ['wireguard-go', 'openvpn'];

/** Whom the figures come from. */
export function printMachine(machine, { rounds, seconds, seed }, peers) {
  const { node, cpu, cores, memoryGiB, kernel, loadAverage, versions } = machine;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version ?? 'none'}`);
  console.log(`Node ${node}, ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}`);
  console.log(`${list.join(', ')}; load ${loadAverage.toFixed(2)} before the start`);
  const length = seconds === undefined ? '' : ` of ${seconds} s`;
  console.log(
    `${rounds} round${rounds === 1 ? '' : 's'}${length}, seed ${seed}: median (least-most)\n`,
  );
  for (const { name, about, missing } of peers) {
    console.log(`${name.padEnd(NAME_WIDTH)}${missing ? `left out: ${missing}` : about}`);
  }
}

/** One case: a line a peer, then failures and profiles if there are. */
export function printCase({ title, peers, ceiling, leftOut }) {
  console.log(`\n${title}${leftOut === undefined ? '' : `: left out, ${leftOut}`}`);
  if (ceiling !== undefined) console.log(ceilingText(ceiling));
  const measured = peers.filter(({ mbitPerSecond }) => mbitPerSecond !== undefined);
  if (measured.length > 0) {
    printTable([
      ['', ...Object.keys(COLUMNS)],
      ...measured.map((peer) => [
        peer.peer,
        ...Object.values(COLUMNS).map((show) => show(peer, measured)),
      ]),
    ]);
  }
  for (const { peer, failures, emulatorFull } of peers) {
    for (const failure of failures) {
      console.log(`${peer}: a round failed: ${failure.split('\n', 1)[0]}`);
    }
    if (emulatorFull > 0)
      console.log(`${peer}: the emulator had no room for ${emulatorFull} frames`);
  }
  for (const { peer, profile = {} } of peers) {
    for (const [side, top] of Object.entries(profile)) {
      console.log(`\n${peer}, ${side}: share of the time, by function\n${formatTop(top)}`);
    }
  }
}

/** What was to be reached. */
export function printTargets(targets) {
  if (targets.length > 0) console.log('\nTargets');
  for (const { what, value, least, isMet } of targets) {
    if (value === undefined) console.log(`open   ${what}: no figure, at least ${least}`);
    else
      console.log(`${isMet ? 'met   ' : 'missed'} ${what}: ${value.toFixed(2)}, at least ${least}`);
  }
}

/** How much the emulator can carry here. */
function ceilingText({ mbitPerSecond, dropped }) {
  const mbit = Math.round(mbitPerSecond);
  return `the emulator alone, without delay and loss: ${mbit} Mbit/s; it had no room for ${dropped.full} frames`;
}

const COLUMNS = {
  'Mbit/s': (peer) => range(peer.mbitPerSecond, 0),
  ...Object.fromEntries(
    REFERENCES.map((name) => [`to ${name}`, (peer, all) => ratio(peer, all, name)]),
  ),
  retransmits: (peer) => range(peer.retransmits, 0),
  'CPU s/GB': (peer) => range(peer.cpuSecondsPerGB.both, 1),
  'client + server': ({ cpuSecondsPerGB: { client, server } }) =>
    `${client.median.toFixed(1)} + ${server.median.toFixed(1)}`,
  'ping ms': (peer) => range(peer.pingMs, 2),
  'other cores': (peer) => range(peer.otherCores, 2),
};

function ratio(peer, all, name) {
  const other = all.find((one) => one.peer === name);
  if (other === undefined) return '-';
  return (peer.mbitPerSecond.median / other.mbitPerSecond.median).toFixed(2);
}
