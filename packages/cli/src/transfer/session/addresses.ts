import { VCLError } from '@vcl-protocol/core';

/** The port of `vcl listen` when none is named. */
export const DEFAULT_PORT = 8250;

/**
 * Where to listen: `host:port`, `:port` for all addresses of the machine, or a host alone.
 *
 * @returns what `bind` takes
 */
export function listenAddress(written: string | undefined): string {
  if (written === undefined) return `[::]:${DEFAULT_PORT}`;
  if (/^:?\d+$/.test(written)) return `[::]:${written.replace(':', '')}`;
  return withPort(written);
}

/** Where to connect: `host:port`, or a host alone. @throws VCLError `InvalidConfig` */
export function serverAddress(written: string | undefined): string {
  if (written === undefined || written === '') {
    throw new VCLError(
      'InvalidConfig',
      'name the address of the server, such as host or host:8250',
    );
  }
  return withPort(written);
}

function withPort(written: string): string {
  const hasPort = /^(\[[^\]]*\]|[^:[\]]+):\d+$/.test(written);
  if (hasPort) return written;
  if (/^\[[^\]]*\]$/.test(written) || !written.includes(':')) return `${written}:${DEFAULT_PORT}`;
  // An IPv6 address without brackets: more than one colon, and no port.
  return /^[0-9a-f:.%]+$/i.test(written) ? `[${written}]:${DEFAULT_PORT}` : written;
}
