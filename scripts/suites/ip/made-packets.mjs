// Packets that were made from captured ones: by our writers, and by changing bytes.

import { SeededRandom } from '../../../packages/testkit/dist/index.js';
import {
  completeChecksum,
  pseudoHeaderSum,
  verifyChecksum,
} from '../../../packages/tunnel/dist/core/ip/checksum.js';
import { clampMss } from '../../../packages/tunnel/dist/core/ip/clamp-mss.js';
import { fragmentIpv4 } from '../../../packages/tunnel/dist/core/ip/fragment-ipv4.js';
import { writePacketTooBig } from '../../../packages/tunnel/dist/core/ip/packet-too-big.js';
import { ParsedPacket } from '../../../packages/tunnel/dist/core/ip/parsed-packet.js';

const MTU = 700;
const MSS = 900;
/** Bytes that matter: the fixed headers and what follows them. */
const CHANGED_BYTES = 80;

/** Everything that our writers make of packets. @param {Uint8Array[]} seen */
export function writtenPackets(seen) {
  const out = new Uint8Array(1_280);
  const made = [];
  for (const packet of seen) {
    if (ParsedPacket.parse(packet)?.isTransportChecksumValid() !== true) continue;
    const tooBig = writePacketTooBig(out, packet, 0, packet.length, MTU);
    if (tooBig > 0) made.push(out.slice(0, tooBig));
    fragmentIpv4(packet, 0, packet.length, MTU, (piece) => made.push(piece));
    const lowered = packet.slice();
    if (clampMss(lowered, 0, lowered.length, MSS, MSS, false)) made.push(lowered);
    const completed = completedAnew(packet);
    if (completed !== undefined) made.push(completed);
  }
  return made;
}

/** The packet after its checksum was partial for a while. */
function completedAnew(packet) {
  const { transport, ipPayloadOffset } = ParsedPacket.parse(packet);
  const field = { tcp: 16, udp: 6 }[transport.type];
  if (field === undefined) return undefined;
  const copy = packet.slice();
  const protocol = transport.type === 'tcp' ? 6 : 17;
  const sum = pseudoHeaderSum(copy, 0, protocol, copy.length - ipPayloadOffset);
  copy.set([sum >> 8, sum & 0xff], ipPayloadOffset + field);
  if (!completeChecksum(copy, 0, copy.length) || !verifyChecksum(copy, 0, copy.length)) {
    throw new Error('a completed checksum is wrong');
  }
  return copy;
}

/** Packets with one changed byte each, of those that are IP packets still and whole. */
export function changedPackets(seen, count) {
  const random = new SeededRandom('changed packets');
  const short = seen.filter((packet) => packet.length < 300);
  const made = [];
  while (made.length < count) {
    const copy = short[Math.floor(random.next() * short.length)].slice();
    const at = Math.floor(random.next() * Math.min(copy.length, CHANGED_BYTES));
    copy[at] ^= 1 << Math.floor(random.next() * 8);
    const parsed = ParsedPacket.parse(copy);
    if (parsed !== undefined && !parsed.isTruncated) made.push(copy);
  }
  return made;
}
