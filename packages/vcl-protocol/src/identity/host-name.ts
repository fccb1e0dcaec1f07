import { VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';

/**
 * A host and port in the one form that is looked up and stored: lower case, IPv6 shortened and in
 * brackets (`[::1]:8080`).
 *
 * @throws VCLError `InvalidConfig` for a name with white space or none, or a port not 1 to 65,535
 */
export function formatHost(host: string, port: number): string {
  const bare = host.replace(/^\[(.*)\]$/, '$1').toLowerCase();
  if (!/^[^\s#[\]]+$/.test(bare) || !Number.isInteger(port) || port < 1 || port > 65_535) {
    throw new VCLError(
      'InvalidConfig',
      `a host is written host:port or [ipv6]:port: got '${host}:${port}'`,
    );
  }
  return bare.includes(':') ? `[${shortIpv6(bare)}]:${port}` : `${bare}:${port}`;
}

/**
 * Brings `host:port` or `[ipv6]:port` into the form of {@link formatHost}.
 *
 * @throws VCLError `InvalidConfig` as {@link formatHost} does
 */
export function normalizeHost(written: string): string {
  const parts = /^(\[[^\]]*\]|[^:]*):(\d{1,5})$/.exec(written);
  if (parts === null) {
    throw new VCLError(
      'InvalidConfig',
      `a host is written host:port or [ipv6]:port: got '${written}'`,
    );
  }
  return formatHost(parts[1] ?? '', Number(parts[2]));
}

function shortIpv6(address: string): string {
  if (platform.isIP(address) !== 6 || address.includes('%')) return address;
  return new URL(`http://[${address}]/`).hostname.slice(1, -1);
}
