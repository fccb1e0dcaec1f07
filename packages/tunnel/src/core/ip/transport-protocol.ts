import { PROTOCOL_ICMP, PROTOCOL_ICMP6, PROTOCOL_TCP, PROTOCOL_UDP } from './packet-fields.js';

/** A whole TCP header (RFC 9293 3.1), up to its options. */
export interface TcpTransport {
  readonly type: 'tcp';
  readonly srcPort: number;
  readonly dstPort: number;
  readonly syn: boolean;
  readonly ack: boolean;
  readonly fin: boolean;
  readonly rst: boolean;
  /** Where the payload begins in the packet, in bytes. */
  readonly payloadOffset: number;
}

/** A UDP header (RFC 768). */
export interface UdpTransport {
  readonly type: 'udp';
  readonly srcPort: number;
  readonly dstPort: number;
  /** Where the payload begins in the packet, in bytes. */
  readonly payloadOffset: number;
}

/** The beginning of a message of ICMP (RFC 792) or ICMPv6 (RFC 4443). */
export interface IcmpTransport {
  readonly type: 'icmp' | 'icmpv6';
  readonly icmpType: number;
  readonly code: number;
}

/** A piece of a packet that is not the first: its ports are in the first. */
export interface FragmentTransport {
  readonly type: 'fragment';
  /** Of what the whole packet carries. */
  readonly protocolNumber: number;
  /** Where the piece belongs in what the whole packet carries, in bytes. */
  readonly fragmentOffset: number;
}

/** Anything else, and headers that are not all there. */
export interface OtherTransport {
  readonly type: 'other';
  readonly protocolNumber: number;
}

/** What an IP packet carries; `type` tells which. */
export type TransportProtocol =
  | TcpTransport
  | UdpTransport
  | IcmpTransport
  | FragmentTransport
  | OtherTransport;

/** Questions that can be asked of any {@link TransportProtocol}. */
export interface TransportQuestions {
  /** The sender's port; undefined without ports. */
  srcPort(transport: TransportProtocol): number | undefined;
  /** The receiver's port; undefined without ports. */
  dstPort(transport: TransportProtocol): number | undefined;
  /** The number that IANA gave the protocol, 0 to 255. */
  protocolNumber(transport: TransportProtocol): number;
  /** Whether it asks for a TCP connection: SYN without ACK. */
  isSyn(transport: TransportProtocol): boolean;
  /** Whether it has the FIN flag of TCP. */
  isFin(transport: TransportProtocol): boolean;
  /** Whether it has the RST flag of TCP. */
  isRst(transport: TransportProtocol): boolean;
}

/** The questions, under the name of what they are asked of: `TransportProtocol.isSyn(packet.transport)`. */
export const TransportProtocol: TransportQuestions = {
  srcPort: (transport) => ('srcPort' in transport ? transport.srcPort : undefined),
  dstPort: (transport) => ('dstPort' in transport ? transport.dstPort : undefined),
  protocolNumber: (transport) =>
    'protocolNumber' in transport ? transport.protocolNumber : NUMBERS[transport.type],
  isSyn: (transport) => transport.type === 'tcp' && transport.syn && !transport.ack,
  isFin: (transport) => transport.type === 'tcp' && transport.fin,
  isRst: (transport) => transport.type === 'tcp' && transport.rst,
};

const NUMBERS = {
  tcp: PROTOCOL_TCP,
  udp: PROTOCOL_UDP,
  icmp: PROTOCOL_ICMP,
  icmpv6: PROTOCOL_ICMP6,
} as const;
