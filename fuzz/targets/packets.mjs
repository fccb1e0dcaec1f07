// IP packets in the tunnel, and networks in its configuration. Whatever a packet holds, all readers
// agree about it, what is written about it is sound, and no byte outside of it changes.
import {
  checksum,
  completeChecksum,
  verifyChecksum,
} from '../../packages/tunnel/dist/core/ip/checksum.js';
import { clampMss } from '../../packages/tunnel/dist/core/ip/clamp-mss.js';
import {
  findTransport,
  isFragment,
  isSourceRouted,
  offsetOf,
  protocolOf,
} from '../../packages/tunnel/dist/core/ip/find-transport.js';
import { flowHash } from '../../packages/tunnel/dist/core/ip/flow-hash.js';
import { fragmentIpv4 } from '../../packages/tunnel/dist/core/ip/fragment-ipv4.js';
import { formatIp, parseIp } from '../../packages/tunnel/dist/core/ip/ip-address.js';
import { IpPrefix } from '../../packages/tunnel/dist/core/ip/ip-prefix.js';
import { writePacketTooBig } from '../../packages/tunnel/dist/core/ip/packet-too-big.js';
import { ParsedPacket } from '../../packages/tunnel/dist/core/ip/parsed-packet.js';
import { TransportProtocol } from '../../packages/tunnel/dist/core/ip/transport-protocol.js';
import { innerPacketBytes } from '../../packages/tunnel/dist/core/port/inner-packet.js';
import { check, checkSame, checkSameBytes, readPersonInput } from './support/checks.mjs';

const BEFORE = 3;
const MARK = 0xa5;
const MTU = 96;
const PROTOCOLS = [0, 1, 6, 17, 43, 44, 50, 51, 58, 59, 60, 135];
const out = new Uint8Array(1_280);

function runPacket(input) {
  const packet = ParsedPacket.parse(input);
  if (packet === undefined) {
    const isMarked = input.length > 0 && (input[0] & 0x80) !== 0;
    check(isMarked || innerPacketBytes(input, 0, input.length) === 0, 'a packet was not read');
    return;
  }
  const length = innerPacketBytes(input, 0, input.length);
  check(length === (packet.isTruncated ? 0 : packet.totalLen), `${length} bytes were found`);
  const end = Math.min(input.length, packet.totalLen);
  checkReading(packet, input, end);
  checkClamp(input, end);
  checkError(writeTooBig, input, end);
  checkPieces(input, end);
}

function checkReading(packet, input, end) {
  const found = findTransport(input, 0, end);
  if (found !== 0) {
    check(offsetOf(found) === packet.ipPayloadOffset, 'the payload is in two places');
    const number = TransportProtocol.protocolNumber(packet.transport);
    check(protocolOf(found) === number, 'there are two protocols');
  }
  check(packet.ipPayloadOffset <= end, 'the payload begins behind the end');
  check(packet.summary().endsWith(`(${packet.totalLen} bytes)`), packet.summary());
  check(packet.isFrom(packet.srcIp) && packet.isDestinedFor(packet.dstIp), 'it has other ends');
  const marked = input.slice();
  marked[0] |= 0x80;
  check(findTransport(marked, 0, end) === found, 'the mark changes what is found');
  const hash = flowHash(input, 0, end, 1);
  check(hash === hash >>> 0 && flowHash(marked, 0, end, 1) === hash, 'the hash is no flow');
}

/** The packet between bytes that must stay what they are. */
function enclosed(input, end) {
  const all = new Uint8Array(BEFORE + end + BEFORE).fill(MARK);
  all.set(input.subarray(0, end), BEFORE);
  return all;
}

function checkEnclosure(all) {
  for (let i = 0; i < BEFORE; i++) {
    check(all[i] === MARK && all[all.length - 1 - i] === MARK, 'a byte outside was changed');
  }
}

/** A checksum that is completed is right; lowering the MSS keeps it right, and partial ones too. */
function checkClamp(input, end) {
  const all = enclosed(input, end);
  const stop = BEFORE + end;
  const wasRight = verifyChecksum(all, BEFORE, stop);
  const isClamped = clampMss(all, BEFORE, stop, 1_000, 1_000, false);
  checkEnclosure(all);
  check(wasRight === verifyChecksum(all, BEFORE, stop), 'the MSS made another checksum');
  check(!clampMss(all, BEFORE, stop, 1_000, 1_000, false), 'the MSS is lowered twice');
  if (!isClamped) checkSameBytes(all.subarray(BEFORE, stop), input.subarray(0, end), 'changed');
  const found = findTransport(all, BEFORE, stop);
  const first = all.slice();
  if (!completeChecksum(all, BEFORE, stop)) return checkSameBytes(all, first, 'half completed');
  checkEnclosure(all);
  check(!isFragment(found), 'the checksum of a fragment');
  const at = BEFORE + offsetOf(found) + (protocolOf(found) === 6 ? 16 : 6);
  const field = (all[at] << 8) | all[at + 1];
  // Whatever stood in the field takes the place of the pseudo header's sum.
  const initial = (first[at] << 8) | first[at + 1];
  const sum = checksum(all, BEFORE + offsetOf(found), stop, initial);
  check(sum === 0 || (protocolOf(found) === 6 && field === 0xffff), 'a wrong sum was completed');
  check(isSourceRouted(found) || verifyChecksum(all, BEFORE, stop) !== undefined, 'unchecked');
}

function writeTooBig(input, end) {
  return writePacketTooBig(out, input, 0, end, 1_300);
}

function checkError(write, input, end) {
  const length = write(input, end);
  if (length === 0) return;
  const answer = ParsedPacket.parse(out.subarray(0, length));
  check(answer !== undefined && answer.totalLen === length, 'an answer of another length');
  check(answer.isHeaderChecksumValid !== false, 'an answer with a wrong header');
  check(answer.isTransportChecksumValid() === true, 'an answer with a wrong checksum');
  check(write(out.slice(0, length), length) === 0, 'an error is answered');
}

/** Pieces are packets that fit, and hold all of the payload in order. */
function checkPieces(input, end) {
  const pieces = [];
  const isCut = fragmentIpv4(input, 0, end, MTU, (piece) => pieces.push(piece));
  check(isCut === pieces.length > 0, 'pieces of a packet that was not cut');
  let payloadBytes = 0;
  const first = pieces.length === 0 ? 0 : (ParsedPacket.parse(pieces[0]).fragment?.offset ?? 0);
  for (const piece of pieces) {
    const packet = ParsedPacket.parse(piece);
    check(packet !== undefined && packet.totalLen === piece.length, 'a piece of another length');
    check(piece.length <= MTU && packet.isHeaderChecksumValid, 'a piece that is not sound');
    check((packet.fragment?.offset ?? 0) === first + payloadBytes, 'a piece at another place');
    const from = ((input[0] & 15) << 2) + payloadBytes;
    const payload = packet.ipPayload();
    checkSameBytes(payload, input.subarray(from, from + payload.length), 'another payload');
    payloadBytes += payload.length;
  }
  check(!isCut || payloadBytes === end - ((input[0] & 15) << 2), 'a part of the payload is lost');
}

function generatePacket(random) {
  const body = random.bytes(random.skewed(8));
  const type = random.pick(PROTOCOLS);
  if (type === 6 && body.length >= 24) {
    body[12] = 0x60;
    body[13] = random.pick([2, 0x12, 0x10]);
    body.set([2, 4], 20);
  }
  if (random.oneIn(2)) {
    const packet = new Uint8Array(20 + body.length);
    packet.set([0x45, 0, 0, packet.length, 0, 9, random.pick([0, 0x40, 0x20]), 0, 64, type]);
    packet.set([10, 0, 0, 1, 10, 0, 0, 2], 12);
    packet.set(body, 20);
    return packet;
  }
  const extensions = random.skewed(2);
  const packet = new Uint8Array(40 + 8 * extensions + body.length);
  packet.set([0x60, 0, 0, 0, 0, packet.length - 40, extensions > 0 ? 60 : type, 64, 0xfd]);
  packet.set([0xfd, 0, 1], 24);
  for (let i = 0; i < extensions; i++) {
    packet[40 + 8 * i] = i === extensions - 1 ? type : random.pick([0, 43, 44, 60]);
  }
  packet.set(body, 40 + 8 * extensions);
  return packet;
}

function runPrefix(input) {
  const text = Buffer.from(input.buffer, input.byteOffset, input.length).toString('utf8');
  const prefix = readPersonInput(() => IpPrefix.parse(text), ['InvalidConfig']);
  if (prefix === undefined) return;
  const again = IpPrefix.parse(prefix.toString());
  checkSame([...again.address, again.bits], [...prefix.address, prefix.bits], 'another network');
  check(prefix.contains(prefix.address), 'a network without its own address');
  check(prefix.network.contains(prefix.address), 'a network without its own address');
  checkSameBytes(parseIp(formatIp(prefix.address)), prefix.address, 'another address');
}

export const targets = [
  { name: 'ip-packet', maxBytes: 600, generate: generatePacket, run: runPacket },
  {
    name: 'ip-prefix',
    maxBytes: 80,
    isText: true,
    dictionary: ['::', '/', '/0', '/128', '.', '255', 'fd00', '%', '0x', '::ffff:'].map((part) =>
      Uint8Array.from(Buffer.from(part)),
    ),
    seeds: () =>
      ['10.8.0.0/24', 'fd00::/64', '1.2.3.4', '::ffff:1.2.3.4/128', '010.0.0.1'].map((text) =>
        Uint8Array.from(Buffer.from(text)),
      ),
    run: runPrefix,
  },
];
