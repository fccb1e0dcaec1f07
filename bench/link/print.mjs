// The results as text.
import { printTable, range } from '../figures.mjs';
import { formatTop } from '../profile-summary.mjs';

const MIB = 1024 * 1024;
const NAME_WIDTH = 12;

/** Whom the figures come from. */
export function printMachine(machine, { rounds, seconds, seed }, peers) {
  const { node, cpu, cores, memoryGiB, kernel, loadAverage, versions } = machine;
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version ?? 'none'}`);
  console.log(`Node ${node}, ${cpu}, ${cores} cores, ${memoryGiB} GiB, ${kernel}`);
  console.log(`${list.join(', ')}; load ${loadAverage.toFixed(2)} before the start`);
  console.log(`${rounds} rounds of ${seconds} s, seed ${seed}: median (least-most)\n`);
  for (const { name, about, missing } of peers) {
    console.log(`${name.padEnd(NAME_WIDTH)}${about}${missing ? `: left out, ${missing}` : ''}`);
  }
}

/** One case: a line a peer, then profiles if there are. @param {'link' | 'carriers'} suite */
export function printCase({ title, figure }, { peers }, suite) {
  console.log(`\n${title}`);
  const columns = columnsOf(figure, REFERENCES[suite]);
  printTable([
    ['', ...Object.keys(columns)],
    ...peers.map((peer) => [peer.peer, ...Object.values(columns).map((show) => show(peer, peers))]),
  ]);
  for (const { peer, profile } of peers) {
    if (profile === undefined) continue;
    for (const [side, top] of Object.entries(profile)) {
      console.log(`\n${peer}, ${side}: share of the time, by function\n${formatTop(top)}`);
    }
  }
}

/** What was to be reached. */
export function printTargets(targets) {
  if (targets.length > 0) console.log('\nTargets');
  for (const { what, value, least, isMet } of targets) {
    const number = value < 100 ? value.toFixed(2) : Math.round(value);
    console.log(`${isMet ? 'met   ' : 'missed'} ${what}: ${number}, at least ${least}`);
  }
}

const COST = {
  'CPU s/GB sender': (peer) => range(peer.cpuSecondsPerGB.sender, 2),
  'CPU s/GB receiver': (peer) => range(peer.cpuSecondsPerGB.receiver, 2),
};
const MEMORY = {
  'RSS MiB s/r': ({ maxRssBytes: { sender, receiver } }) =>
    `${Math.round(sender / MIB)}/${Math.round(receiver / MIB)}`,
};
const OTHERS = { 'other cores': (peer) => range(peer.otherCores, 2) };
/** Whom the others are compared with; latency with the first. */
const REFERENCES = { link: ['raw', 'udx'], carriers: ['tls', 'tls-chacha', 'ws'] };

const columnsOf = (figure, references) => COLUMNS[figure](references);
const COLUMNS = {
  goodput: (references) => ({
    'Mbit/s': (peer) => range(peer.mbitPerSecond, 0),
    ...compared(references, 'to', ratio),
    ...compared(references, 'CPU to', cpuRatio),
    'missing %': (peer) => (peer.missing.median * 100).toFixed(2),
    ...COST,
    ...MEMORY,
    ...OTHERS,
  }),
  messages: () => ({
    'messages/s': (peer) => range(peer.messagesPerSecond, 0),
    'signed %': (peer) =>
      peer.peer.startsWith('vcl') ? (peer.verified.median * 100).toFixed(1) : '-',
    'µs CPU sender': (peer) => range(peer.cpuMicrosPerMessage.sender, 2),
    'µs CPU receiver': (peer) => range(peer.cpuMicrosPerMessage.receiver, 2),
    ...COST,
    ...MEMORY,
    ...OTHERS,
  }),
  latency: ([reference]) => ({
    samples: (peer) => String(peer.samples),
    'p50 ms': (peer) => range(peer.p50Ms, 3),
    'p99 ms': (peer) => range(peer.p99Ms, 3),
    'p50 added': (peer, all) => added(peer, all, reference, 'p50Ms'),
    'p99 added': (peer, all) => added(peer, all, reference, 'p99Ms'),
    'µs CPU sender': (peer) => range(peer.cpuMicrosPerMessage.sender, 0),
    'µs CPU receiver': (peer) => range(peer.cpuMicrosPerMessage.receiver, 0),
    ...OTHERS,
  }),
};

/** A column for each of those that the others are compared with. */
function compared(references, title, figure) {
  return Object.fromEntries(
    references.map((name) => [`${title} ${name}`, (peer, all) => figure(peer, all, name)]),
  );
}

function ratio(peer, all, name) {
  const other = all.find((one) => one.peer === name);
  if (other === undefined) return '-';
  return (peer.mbitPerSecond.median / other.mbitPerSecond.median).toFixed(2);
}

/** What the goodput could be to the other's if the busier side of each had a core for itself. */
function cpuRatio(peer, all, name) {
  const other = all.find((one) => one.peer === name);
  if (other === undefined) return '-';
  const [ours, theirs] = [peer, other].map(({ cpuSecondsPerGB: { sender, receiver } }) =>
    Math.max(sender.median, receiver.median),
  );
  return (theirs / ours).toFixed(2);
}

function added(peer, all, reference, key) {
  const raw = all.find((one) => one.peer === reference);
  if (raw === undefined || raw === peer) return '-';
  return (peer[key].median - raw[key].median).toFixed(3);
}
