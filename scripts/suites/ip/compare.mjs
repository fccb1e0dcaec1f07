// Our reading of a packet beside that of tshark.
import {
  findTransport,
  isSourceRouted,
} from '../../../packages/tunnel/dist/core/ip/find-transport.js';
import { ParsedPacket } from '../../../packages/tunnel/dist/core/ip/parsed-packet.js';

const KINDS = ['tcp', 'udp', 'icmp', 'icmpv6', 'fragment', 'other'];
const TRANSPORT = [
  'type',
  'srcPort',
  'dstPort',
  'syn',
  'ack',
  'fin',
  'rst',
  'icmpType',
  'code',
].concat(['headerBytes', 'checksum']);

/**
 * Compares the readings of all IP packets of a capture.
 *
 * @param {{ number: number, isIp: boolean, packet: Uint8Array }[]} frames
 * @param {Map<number, { isMalformed: boolean, reading: object }>} facts of tshark, by number
 * @param {boolean} areBroken whether headers may contradict themselves: then opinions may differ
 * @returns {{ note: string, problems: string[], counts: Record<string, number> }}
 */
export function compareReadings(frames, facts, areBroken = false) {
  const problems = [];
  const counts = {};
  for (const { number, isIp, packet } of frames) {
    if (!isIp) continue;
    const theirs = facts.get(number);
    const ours = readingOf(packet);
    if (ours === undefined || theirs === undefined) {
      problems.push(`packet ${number} was read by ${ours === undefined ? 'tshark' : 'us'} only`);
      continue;
    }
    for (const kind of kindsOf(ours)) counts[kind] = (counts[kind] ?? 0) + 1;
    const excused = new Set(areBroken ? excusesOf(ours, theirs) : []);
    if (isSourceRouted(findTransport(packet, 0, packet.length))) excused.add('checksum');
    const found = differences(ours, theirs.reading, excused);
    problems.push(...found.map((one) => `packet ${number}: ${one}`));
  }
  const note = Object.entries(counts).map(([kind, count]) => `${kind} ${count}`);
  return { note: note.join(', '), problems, counts };
}

function readingOf(packet) {
  const parsed = ParsedPacket.parse(packet);
  if (parsed === undefined) return undefined;
  const { payloadOffset, protocolNumber, fragmentOffset, ...transport } = parsed.transport;
  const headerBytes =
    payloadOffset === undefined ? undefined : payloadOffset - parsed.ipPayloadOffset;
  return {
    ipVersion: parsed.ipVersion,
    srcIp: parsed.srcIp,
    dstIp: parsed.dstIp,
    ttl: parsed.ttl,
    totalLen: parsed.totalLen,
    isHeaderChecksumValid: parsed.isHeaderChecksumValid,
    fragment: parsed.fragment,
    ...transport,
    headerBytes,
    checksum: parsed.isTransportChecksumValid(),
  };
}

/**
 * What need not agree: tshark shows the beginning of a header that is not all there, says nothing of
 * an ICMP message under 8 bytes, gives up at options that it cannot read, and has no opinion on
 * checksums where lengths contradict each other.
 */
function excusesOf(ours, { isMalformed, reading }) {
  if (isMalformed || (ours.type === 'other' && reading.type !== 'fragment')) return TRANSPORT;
  if (ours.icmpType !== undefined && reading.icmpType === undefined) return TRANSPORT;
  return ours.checksum === false && reading.checksum === undefined ? ['checksum'] : [];
}

function differences(ours, theirs, excused) {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names]
    .filter((name) => !excused.has(name))
    .filter((name) => JSON.stringify(ours[name]) !== JSON.stringify(theirs[name]))
    .map((name) => `${name} ${JSON.stringify(ours[name])}, tshark ${JSON.stringify(theirs[name])}`);
}

/** What a packet is an example of. */
function kindsOf(reading) {
  const kinds = [`IPv${reading.ipVersion}`, KINDS.includes(reading.type) ? reading.type : 'none'];
  if (reading.fragment !== undefined) kinds.push(`pieces of IPv${reading.ipVersion}`);
  if (reading.checksum === true) kinds.push('right checksums');
  if (reading.checksum === false) kinds.push('wrong checksums');
  return kinds;
}
