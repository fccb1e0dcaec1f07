import { checksum, verifyChecksum } from './checksum.js';
import { findFragmentHeader, findTransport, offsetOf } from './find-transport.js';
import { formatIp, parseIp } from './ip-address.js';
import { IpVersion } from './ip-version.js';
import { IP4_MIN_BYTES, IP6_BYTES, Ip4, Ip6, u16, u32 } from './packet-fields.js';
import { summaryOf } from './packet-summary.js';
import { parseTransport } from './parse-transport.js';
import { TransportProtocol } from './transport-protocol.js';

/** How a packet is a piece of a longer one (RFC 791 2.3, RFC 8200 4.5). */
export interface FragmentInfo {
  /** The same in all pieces of one packet. */
  readonly id: number;
  /** Where the piece belongs in what the whole packet carries, in bytes. */
  readonly offset: number;
  /** Whether pieces follow. An IPv6 packet may be its own only piece (RFC 6946): offset 0, no more. */
  readonly moreFragments: boolean;
}

interface PacketFields {
  readonly ipVersion: IpVersion;
  readonly ttl: number;
  readonly totalLen: number;
  readonly isHeaderChecksumValid: boolean | undefined;
  readonly fragment: FragmentInfo | undefined;
}

const DNS_PORT = 53;
const DNS_OVER_TLS_PORT = 853;
const ICMP_ECHO = 8;
const ICMP6_ECHO = 128;

/**
 * An IPv4 or IPv6 packet, read but not copied. No input makes it throw: what is missing or broken
 * behind the IP header is said in fields.
 */
export class ParsedPacket {
  /** The bytes as they were given. What stands in them behind {@link totalLen} is no part of it. */
  readonly raw: Uint8Array;
  readonly ipVersion: IpVersion;
  /** Source address, in its usual text (RFC 5952 for IPv6). */
  readonly srcIp: string;
  /** Destination address, likewise. */
  readonly dstIp: string;
  /** Time to live, or hop limit. */
  readonly ttl: number;
  /** Length by the IP header, in bytes. */
  readonly totalLen: number;
  /** Whether `raw` ends before the packet does. */
  readonly isTruncated: boolean;
  /** Where the transport header begins, behind options and extension headers, in bytes. */
  readonly ipPayloadOffset: number;
  /** Whether the checksum of the IPv4 header is right; undefined for IPv6, which has none. */
  readonly isHeaderChecksumValid: boolean | undefined;
  /** Undefined for a packet that is whole. */
  readonly fragment: FragmentInfo | undefined;
  readonly transport: TransportProtocol;
  readonly #end: number;

  /** @returns undefined when `raw` is no IP packet: another version, no whole header, a wrong length */
  static parse(raw: Uint8Array): ParsedPacket | undefined {
    const version = raw.length === 0 ? 0 : raw[0]! >> 4;
    const fields = version === 4 ? readIpv4(raw) : version === 6 ? readIpv6(raw) : undefined;
    return fields === undefined ? undefined : new ParsedPacket(raw, fields);
  }

  private constructor(raw: Uint8Array, fields: PacketFields) {
    this.raw = raw;
    this.ipVersion = fields.ipVersion;
    this.ttl = fields.ttl;
    this.totalLen = fields.totalLen;
    this.isTruncated = raw.length < fields.totalLen;
    this.isHeaderChecksumValid = fields.isHeaderChecksumValid;
    this.fragment = fields.fragment;
    this.#end = Math.min(raw.length, fields.totalLen);
    const found = findTransport(raw, 0, this.#end);
    this.ipPayloadOffset = found === 0 ? this.#end : offsetOf(found);
    this.transport =
      found === 0
        ? { type: 'other', protocolNumber: raw[Ip4.protocol]! }
        : parseTransport(raw, this.#end, found, fields.fragment?.offset ?? 0);
    const [from, length] = fields.ipVersion === IpVersion.V4 ? [Ip4.source, 4] : [Ip6.source, 16];
    this.srcIp = formatIp(raw.subarray(from, from + length));
    this.dstIp = formatIp(raw.subarray(from + length, from + 2 * length));
  }

  isIpv4(): boolean {
    return this.ipVersion === IpVersion.V4;
  }

  isIpv6(): boolean {
    return this.ipVersion === IpVersion.V6;
  }

  /** Whether it goes to this address, in any of its spellings. */
  isDestinedFor(ip: string): boolean {
    return isSameAddress(this.dstIp, ip);
  }

  /** Whether it comes from this address, in any of its spellings. */
  isFrom(ip: string): boolean {
    return isSameAddress(this.srcIp, ip);
  }

  /** What follows the IP header and its extension headers: transport header and payload, not copied. */
  ipPayload(): Uint8Array {
    return this.raw.subarray(this.ipPayloadOffset, this.#end);
  }

  /**
   * Whether it goes to port 53, over UDP or TCP: a DNS query, for all that ports tell. Answers come
   * from that port ({@link isDnsAnswer}). DNS over HTTPS looks like any other traffic to port 443, and
   * DNS to other ports like anything: neither can be seen in packets.
   */
  isDns(): boolean {
    return TransportProtocol.dstPort(this.transport) === DNS_PORT;
  }

  /** Whether it comes from port 53, over UDP or TCP. */
  isDnsAnswer(): boolean {
    return TransportProtocol.srcPort(this.transport) === DNS_PORT;
  }

  /** Whether it goes to port 853: DNS over TLS (TCP, RFC 7858) or over QUIC (UDP, RFC 9250). */
  isDnsOverTls(): boolean {
    return TransportProtocol.dstPort(this.transport) === DNS_OVER_TLS_PORT;
  }

  /** Whether it is an echo request of ICMP or ICMPv6. */
  isPing(): boolean {
    const { transport } = this;
    if (transport.type === 'icmp') return transport.icmpType === ICMP_ECHO;
    return transport.type === 'icmpv6' && transport.icmpType === ICMP6_ECHO;
  }

  /**
   * Whether the checksum of TCP, UDP, ICMP or ICMPv6 is right. Packets that never left their machine
   * often have none yet.
   *
   * @returns undefined when that cannot be told: other protocols, fragments, truncated packets, UDP
   *   without one, IPv6 packets whose routing header has addresses left
   */
  isTransportChecksumValid(): boolean | undefined {
    return this.isTruncated ? undefined : verifyChecksum(this.raw, 0, this.#end);
  }

  /**
   * One line for people: `TCP 192.168.1.1:80 → 10.0.0.1:8080 SYN (40 bytes)`. Of the flags, the first
   * of SYN, FIN and RST; IPv6 addresses with ports stand in brackets.
   */
  summary(): string {
    return summaryOf(this);
  }
}

function readIpv4(raw: Uint8Array): PacketFields | undefined {
  const headerBytes = (raw[0]! & 15) << 2;
  if (raw.length < IP4_MIN_BYTES || headerBytes < IP4_MIN_BYTES) return undefined;
  const totalLen = u16(raw, Ip4.length);
  if (totalLen < headerBytes) return undefined;
  const field = u16(raw, Ip4.fragment);
  const offset = (field & 0x1fff) * 8;
  const moreFragments = (field & 0x2000) !== 0;
  const isWhole = offset === 0 && !moreFragments;
  return {
    ipVersion: IpVersion.V4,
    ttl: raw[Ip4.ttl]!,
    totalLen,
    isHeaderChecksumValid:
      raw.length >= headerBytes ? checksum(raw, 0, headerBytes) === 0 : undefined,
    fragment: isWhole ? undefined : { id: u16(raw, Ip4.id), offset, moreFragments },
  };
}

function readIpv6(raw: Uint8Array): PacketFields | undefined {
  if (raw.length < IP6_BYTES) return undefined;
  const totalLen = IP6_BYTES + u16(raw, Ip6.length);
  return {
    ipVersion: IpVersion.V6,
    ttl: raw[Ip6.hopLimit]!,
    totalLen,
    isHeaderChecksumValid: undefined,
    fragment: readFragmentHeader(raw, Math.min(raw.length, totalLen)),
  };
}

function readFragmentHeader(raw: Uint8Array, end: number): FragmentInfo | undefined {
  const at = findFragmentHeader(raw, 0, end);
  if (at < 0) return undefined;
  const field = u16(raw, at + 2);
  return { id: u32(raw, at + 4), offset: field & 0xfff8, moreFragments: (field & 1) !== 0 };
}

function isSameAddress(canonical: string, text: string): boolean {
  if (canonical === text) return true;
  const bytes = parseIp(text);
  return bytes !== undefined && formatIp(bytes) === canonical;
}
