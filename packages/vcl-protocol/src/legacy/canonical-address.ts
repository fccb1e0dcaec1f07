import { isIPv6, SocketAddress } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { RemoteAddress } from '@vcl-protocol/core';

/**
 * An address as the system writes it, so that it compares with where datagrams come from: IPv6 can
 * be spelled in many ways, and its scope be named by a number or by the interface.
 */
export function canonicalAddress({ address, port }: RemoteAddress): RemoteAddress {
  if (!isIPv6(address)) return { address, port };
  const [numeric = '', scope] = address.split('%');
  const canonical = new SocketAddress({ address: numeric, family: 'ipv6' }).address;
  return { address: scope === undefined ? canonical : `${canonical}%${nameOf(scope)}`, port };
}

function nameOf(scope: string): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    const isIt = addresses?.some((one) => one.family === 'IPv6' && String(one.scopeid) === scope);
    // Only addresses of a link have a scope; all others have the scope 0.
    if (isIt && scope !== '0') return name;
  }
  return scope;
}
