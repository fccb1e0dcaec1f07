import type { IpPrefix } from '../ip/ip-prefix.js';
import { IP6_BYTES, Ip4, Ip6, PROTOCOL_ICMP, PROTOCOL_ICMP6 } from '../ip/packet-fields.js';
import { PeerRoutes } from './peer-routes.js';

/**
 * From which networks a client takes packets out of the tunnel: those that it reaches through it, as
 * with WireGuard's allowed addresses. A server could speak for the neighbours of the client otherwise.
 * Errors of ICMP pass from everywhere, for routers on the way tell of packets that are too long.
 */
export class SourceFilter {
  /** Packets that were not taken. */
  dropped = 0;
  #routes: PeerRoutes<SourceFilter> | undefined;

  /** @param networks whose packets are taken from here on; undefined for those of all */
  restrictTo(networks: Iterable<IpPrefix> | undefined): void {
    this.#routes = undefined;
    if (networks === undefined) return;
    this.#routes = new PeerRoutes<SourceFilter>();
    this.#routes.add(this, networks);
  }

  /** @param bytes hold at `start` a whole IP header */
  takes(bytes: Uint8Array, start: number): boolean {
    if (this.#routes?.isAllowedSource(this, bytes, start) !== false) return true;
    if (isIcmpError(bytes, start)) return true;
    this.dropped++;
    return false;
  }
}

/** Not what else ICMPv6 has, such as the announcements of routers. */
function isIcmpError(bytes: Uint8Array, start: number): boolean {
  if (((bytes[start]! >> 4) & 7) === 4) {
    const type = bytes[start + 4 * (bytes[start]! & 15)]!;
    return bytes[start + Ip4.protocol] === PROTOCOL_ICMP && ICMP_ERRORS.includes(type);
  }
  const type = bytes[start + IP6_BYTES]!;
  return bytes[start + Ip6.nextHeader] === PROTOCOL_ICMP6 && type >= 1 && type <= LAST_ICMP6_ERROR;
}

/** Destination unreachable, time exceeded, parameter problem (RFC 792). */
const ICMP_ERRORS: readonly number[] = [3, 11, 12];
/** Of destination unreachable, packet too big, time exceeded, parameter problem (RFC 4443). */
const LAST_ICMP6_ERROR = 4;
