// IP packets of the tun suite: echo requests, and what turns a packet around.

export const HEADER_BYTES = 10;
const IP4_BYTES = 20;
const IP6_BYTES = 40;

/** An echo request of ICMP. @param {{ from: number[], to: number[], sequence: number, bytes: number }} ping */
export function echoRequest4({ from, to, sequence, bytes }) {
  const packet = Buffer.alloc(IP4_BYTES + 8 + bytes, sequence & 0xff);
  packet.fill(0, 0, IP4_BYTES + 8);
  packet.writeUInt16BE(0x4500, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt16BE(0x4001, 8);
  packet.set([...from, ...to], 12);
  packet.writeUInt16BE(checksum(packet.subarray(0, IP4_BYTES)), 10);
  packet[IP4_BYTES] = 8;
  packet.writeUInt16BE(sequence, IP4_BYTES + 6);
  packet.writeUInt16BE(checksum(packet.subarray(IP4_BYTES)), IP4_BYTES + 2);
  return packet;
}

/** The same of ICMPv6; `from` and `to` have 16 bytes. */
export function echoRequest6({ from, to, sequence, bytes }) {
  const packet = Buffer.alloc(IP6_BYTES + 8 + bytes, sequence & 0xff);
  packet.fill(0, 0, IP6_BYTES + 8);
  packet[0] = 0x60;
  packet.writeUInt16BE(8 + bytes, 4);
  packet[6] = 58;
  packet[7] = 64;
  packet.set([...from, ...to], 8);
  packet[IP6_BYTES] = 128;
  packet.writeUInt16BE(sequence, IP6_BYTES + 6);
  const pseudo = Buffer.from([...from, ...to, 0, 0, packet[4], packet[5], 0, 0, 0, 58]);
  const sum = checksum(Buffer.concat([pseudo, packet.subarray(IP6_BYTES)]));
  packet.writeUInt16BE(sum, IP6_BYTES + 2);
  return packet;
}

/** The sequence of an echo reply, or undefined for anything else. */
export function replySequence(packet) {
  const isReply4 = packet[0] === 0x45 && packet[9] === 1 && packet[IP4_BYTES] === 0;
  if (isReply4) return (packet[IP4_BYTES + 6] << 8) | packet[IP4_BYTES + 7];
  const isReply6 = packet[0] >> 4 === 6 && packet[6] === 58 && packet[IP6_BYTES] === 129;
  return isReply6 ? (packet[IP6_BYTES + 6] << 8) | packet[IP6_BYTES + 7] : undefined;
}

/** Sends a UDP packet of IPv4 back where it came from: all sums stay what they are. */
export function turnAround(packet) {
  swap(packet, 12, 16, 4);
  swap(packet, IP4_BYTES, IP4_BYTES + 2, 2);
}

export function isUdp4(packet) {
  return packet[0] === 0x45 && packet[9] === 17;
}

function swap(bytes, a, b, length) {
  for (let i = 0; i < length; i++) [bytes[a + i], bytes[b + i]] = [bytes[b + i], bytes[a + i]];
}

function checksum(bytes) {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
