// The ip suite: what we read in packets is what tshark reads, on real traffic between two network
// namespaces, on packets that no system sends, and on what we write ourselves. `npm run ip [-- --full]`;
// needs root.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { captureObstacle, captureTraffic } from './ip/capture.mjs';

const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
const VECTORS = new URL('../../packages/tunnel/test/vectors/ip.json', import.meta.url);
/** Without these the traffic was not what it should be. */
const EXPECTED = [
  'tcp',
  'udp',
  'icmp',
  'icmpv6',
  'fragment',
  'pieces of IPv4',
  'pieces of IPv6',
].concat(['right checksums', 'wrong checksums', 'IPv4', 'IPv6']);
const NAMES = [
  'real traffic is read as tshark reads it',
  'what we write is sound to tshark: answers, pieces, lowered MSS, completed checksums',
  'packets with changed bytes are read as tshark reads them',
];

const checks = new Checks();
const obstacle = captureObstacle();
if (obstacle === undefined) await suite();
else for (const name of NAMES) checks.skip(name, obstacle);
checks.finish();

async function suite() {
  const folder = mkdtempSync(join(tmpdir(), 'vcl-ip-'));
  const { packets } = JSON.parse(readFileSync(VECTORS, 'utf8'));
  // These load what was built.
  const { compareReadings } = await import('./ip/compare.mjs');
  const { askTshark } = await import('./ip/tshark.mjs');
  const { captureOf, readCapture } = await import('./ip/pcap.mjs');
  const { changedPackets, writtenPackets } = await import('./ip/made-packets.mjs');
  const compareFile = (file, areBroken) =>
    compareReadings(readCapture(file), askTshark(file), areBroken);
  const compareMade = (name, made, areBroken = false) => {
    const file = join(folder, name);
    writeFileSync(file, captureOf(made));
    return compareFile(file, areBroken);
  };
  try {
    let traffic = [];
    await checks.run(NAMES[0], async () => {
      const file = await captureTraffic(
        folder,
        packets.map(({ hex }) => hex),
      );
      traffic = readCapture(file).filter(({ isIp }) => isIp);
      const { note, problems, counts } = compareFile(file);
      const missing = EXPECTED.filter((kind) => counts[kind] === undefined);
      return { note, problems: [...problems, ...missing.map((kind) => `no ${kind} was captured`)] };
    });
    const seen = traffic.map(({ packet }) => packet);
    await checks.run(NAMES[1], async () => {
      const { note, problems, counts } = compareMade('written.pcap', writtenPackets(seen));
      const wrong = counts['wrong checksums'] ?? 0;
      return { note, problems: wrong > 0 ? [...problems, `${wrong} wrong checksums`] : problems };
    });
    await checks.run(NAMES[2], async () => {
      const made = changedPackets(seen, values.full ? 200_000 : 10_000);
      return compareMade('changed.pcap', made, true);
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
