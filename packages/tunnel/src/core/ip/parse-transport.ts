import { isLaterFragment, offsetOf, protocolOf } from './find-transport.js';
import {
  PROTOCOL_ICMP,
  PROTOCOL_ICMP6,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_ACK,
  TCP_FIN,
  TCP_MIN_BYTES,
  TCP_RST,
  TCP_SYN,
  Tcp,
  UDP_HEADER_BYTES,
  u16,
} from './packet-fields.js';
import type { TransportProtocol } from './transport-protocol.js';

/**
 * Reads the transport header of the packet `raw[0, end)`. One that is not all there is `other`: a
 * packet is not refused for it, since routing needs nothing of it.
 *
 * @param found what findTransport gave
 * @param fragmentOffset of the piece that the packet is, in bytes; 0 for whole packets
 */
export function parseTransport(
  raw: Uint8Array,
  end: number,
  found: number,
  fragmentOffset: number,
): TransportProtocol {
  const at = offsetOf(found);
  const protocolNumber = protocolOf(found);
  if (isLaterFragment(found)) return { type: 'fragment', protocolNumber, fragmentOffset };
  switch (protocolNumber) {
    case PROTOCOL_TCP:
      return parseTcp(raw, at, end) ?? { type: 'other', protocolNumber };
    case PROTOCOL_UDP:
      return parseUdp(raw, at, end) ?? { type: 'other', protocolNumber };
    case PROTOCOL_ICMP:
      return parseIcmp('icmp', raw, at, end) ?? { type: 'other', protocolNumber };
    case PROTOCOL_ICMP6:
      return parseIcmp('icmpv6', raw, at, end) ?? { type: 'other', protocolNumber };
    default:
      return { type: 'other', protocolNumber };
  }
}

function parseTcp(raw: Uint8Array, at: number, end: number): TransportProtocol | undefined {
  if (at + TCP_MIN_BYTES > end) return undefined;
  const headerBytes = (raw[at + Tcp.offset]! >> 4) << 2;
  if (headerBytes < TCP_MIN_BYTES || at + headerBytes > end) return undefined;
  const flags = raw[at + Tcp.flags]!;
  return {
    type: 'tcp',
    srcPort: u16(raw, at),
    dstPort: u16(raw, at + 2),
    syn: (flags & TCP_SYN) !== 0,
    ack: (flags & TCP_ACK) !== 0,
    fin: (flags & TCP_FIN) !== 0,
    rst: (flags & TCP_RST) !== 0,
    payloadOffset: at + headerBytes,
  };
}

function parseUdp(raw: Uint8Array, at: number, end: number): TransportProtocol | undefined {
  if (at + UDP_HEADER_BYTES > end) return undefined;
  const payloadOffset = at + UDP_HEADER_BYTES;
  return { type: 'udp', srcPort: u16(raw, at), dstPort: u16(raw, at + 2), payloadOffset };
}

function parseIcmp(
  type: 'icmp' | 'icmpv6',
  raw: Uint8Array,
  at: number,
  end: number,
): TransportProtocol | undefined {
  if (at + 2 > end) return undefined;
  return { type, icmpType: raw[at]!, code: raw[at + 1]! };
}
