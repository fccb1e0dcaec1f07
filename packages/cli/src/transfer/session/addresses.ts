import { VCLError } from '@vcl-protocol/core';

/** The port of `vcl listen` when none is named. */
export const DEFAULT_PORT = 8250;

/**
 * Where to listen: `host:port`, `:port` for all addresses of the machine, or a host alone; as it is or
 * behind `udp://`, `tcp://`, `ws://`, `wss://`, `quic://` or `auto://`.
 *
 * @returns what `bind` takes
 */
export function listenAddress(written: string | undefined): string {
  if (written === undefined) return `[::]:${DEFAULT_PORT}`;
  return behindScheme(written, (place) =>
    /^:?\d+$/.test(place) ? `[::]:${place.replace(':', '')}` : undefined,
  );
}

/** Where to connect: `host:port`, or a host alone, with or without a scheme. @throws VCLError `InvalidConfig` */
export function serverAddress(written: string | undefined): string {
  if (written === undefined || written === '') {
    throw new VCLError(
      'InvalidConfig',
      'name the address of the server, such as host or host:8250',
    );
  }
  return behindScheme(written, () => undefined);
}

/** Completes the place in an address: as `special` says, else by the port when there is none. */
function behindScheme(written: string, special: (place: string) => string | undefined): string {
  const [, scheme = '', place = '', rest = ''] =
    /^([a-z][a-z0-9+.-]*:\/\/)?([^/?#]*)(.*)$/is.exec(written) ?? [];
  // Web addresses have ports of their own.
  const hasWebPort = /^wss?:/i.test(scheme);
  return scheme + (special(place) ?? (hasWebPort ? place : withPort(place))) + rest;
}

function withPort(written: string): string {
  const hasPort = /^(\[[^\]]*\]|[^:[\]]+):\d+$/.test(written);
  if (hasPort) return written;
  if (/^\[[^\]]*\]$/.test(written) || !written.includes(':')) return `${written}:${DEFAULT_PORT}`;
  // An IPv6 address without brackets: more than one colon, and no port.
  return /^[0-9a-f:.%]+$/i.test(written) ? `[${written}]:${DEFAULT_PORT}` : written;
}
