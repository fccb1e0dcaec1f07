import { type RemoteAddress, VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';
import { formatAddress, type HostPort } from './carrier-address.js';
import type { DatagramLink, DatagramNetwork } from './datagram-link.js';

/**
 * The addresses of a server that a link can send to, best first; the versions of IP take turns, so
 * that one that does not work costs one try (RFC 8305 section 4).
 *
 * @throws VCLError `IoError` when there is none
 */
export async function findCandidates(
  { host, port }: HostPort,
  network: DatagramNetwork,
  link: Pick<DatagramLink, 'families' | 'local'>,
): Promise<readonly RemoteAddress[]> {
  const addresses = platform.isIP(host) > 0 ? [host] : await network.lookup(host);
  const usable = addresses.filter((address) =>
    link.families.includes(platform.isIP(address) === 6 ? 6 : 4),
  );
  if (usable.length > 0) return takeTurns(usable).map((address) => ({ address, port }));
  throw new VCLError(
    'IoError',
    `${host} is ${addresses.join(', ')}, which cannot be reached from ${formatAddress(link.local)}: ` +
      "bind '[::]:0' to reach IPv6 and IPv4, or '0.0.0.0:0' for IPv4",
  );
}

function takeTurns(addresses: readonly string[]): string[] {
  const isFirstKind = (address: string): boolean =>
    platform.isIP(address) === platform.isIP(addresses[0]!);
  const first = addresses.filter(isFirstKind);
  const second = addresses.filter((address) => !isFirstKind(address));
  return first
    .flatMap((address, i) => [address, ...second.slice(i, i + 1)])
    .concat(second.slice(first.length));
}
