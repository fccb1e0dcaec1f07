import type { IpVersion } from './ip-version.js';
import { ParsedPacket } from './parsed-packet.js';
import { TransportProtocol } from './transport-protocol.js';

/** What a packet says about itself at first sight. {@link ParsedPacket} knows more. */
export interface IpPacket {
  /** The bytes as they were given, not copied. */
  readonly raw: Uint8Array;
  readonly version: IpVersion;
  /** Source address, in its usual text. */
  readonly src: string;
  /** Destination address, in its usual text. */
  readonly dst: string;
  /** What it carries, by number, behind the extension headers of IPv6: 6 is TCP. */
  readonly protocol: number;
  /** Length by its header, in bytes. */
  readonly len: number;
  /** One line for people, as that of {@link ParsedPacket.summary}. */
  summary(): string;
}

/**
 * Reads the addresses of an IP packet, such as one that VCLTun has read.
 *
 * @returns undefined when `raw` is no IP packet: empty, another version, or shorter than a header
 */
export function parseIpPacket(raw: Uint8Array): IpPacket | undefined {
  const parsed = ParsedPacket.parse(raw);
  if (parsed === undefined) return undefined;
  return {
    raw,
    version: parsed.ipVersion,
    src: parsed.srcIp,
    dst: parsed.dstIp,
    protocol: TransportProtocol.protocolNumber(parsed.transport),
    len: parsed.totalLen,
    summary: () => parsed.summary(),
  };
}
