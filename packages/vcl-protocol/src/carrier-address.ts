import { VCLError } from '@vcl-protocol/core';

/** What carries the records: `auto` leaves the choice to the program. */
export type CarrierScheme = (typeof SCHEMES)[number];

/** An address with the carrier to use there. */
export interface CarrierAddress {
  /** Undefined when none was named: plain `host:port`. */
  readonly scheme: CarrierScheme | undefined;
  /** A name or a numeric address, without brackets. */
  readonly host: string;
  readonly port: number;
  /** The path of the WebSocket, with its query if there is one. Default {@link DEFAULT_PATH}. */
  readonly path: string;
}

/** A host and a port, as written. */
export interface HostPort {
  /** A name or a numeric address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/** What an address is for: a port of 0 is for binding only, any that is free. */
export type AddressPurpose = 'bind' | 'connect';

/** The path where WebSockets are accepted unless another is named (SPEC 13). */
export const DEFAULT_PATH = '/vcl';

const SCHEMES = ['udp', 'tcp', 'ws', 'wss', 'quic', 'auto'] as const;
const DEFAULT_PORTS: Readonly<Partial<Record<CarrierScheme, number>>> = { ws: 80, wss: 443 };
/** RFC 1035, 2.3.4, without the dot at the end. */
const MAX_NAME_LENGTH = 253;
const FORMS = 'an address is host:port or [ipv6]:port, such as 127.0.0.1:8080 or [::1]:8080';

/**
 * Reads `host:port`, `[ipv6]:port`, or one of these behind `udp://`, `tcp://`, `ws://`, `wss://`,
 * `quic://` or `auto://`. Only `ws` and `wss` have a path, and a port to leave out: 80 and 443.
 *
 * @throws VCLError `IoError` that says what is wrong with it
 */
export function parseCarrierAddress(written: string, purpose: AddressPurpose): CarrierAddress {
  if (typeof written !== 'string') throw badAddress(String(written), FORMS);
  const [, schemeText, afterScheme] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(written) ?? [];
  if (schemeText === undefined || afterScheme === undefined) {
    return { scheme: undefined, ...parseAddress(written, purpose), path: DEFAULT_PATH };
  }
  const scheme = SCHEMES.find((one) => one === schemeText.toLowerCase());
  if (scheme === undefined) {
    const known = SCHEMES.map((one) => `${one}://`).join(', ');
    throw badAddress(written, `${schemeText}:// is no carrier: use one of ${known}, or host:port`);
  }
  const [, place = '', path = ''] = /^([^/?#]*)(.*)$/s.exec(afterScheme) ?? [];
  checkPath(written, scheme, path);
  const named = withDefaultPort(place, scheme);
  return { scheme, ...parsePlace(written, named, purpose), path: path || DEFAULT_PATH };
}

/** How {@link parseCarrierAddress} reads it. The path is written for `ws` and `wss` only. */
export function formatCarrierAddress(address: CarrierAddress): string {
  const { scheme, host, port, path } = address;
  const place = formatAddress({ address: host, port });
  if (scheme === undefined) return place;
  return `${scheme}://${place}${isWebSocket(scheme) ? path : ''}`;
}

/** `address:port`, with brackets around an IPv6 address. */
export function formatAddress({ address, port }: { address: string; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/**
 * Reads `host:port` or `[ipv6]:port`, without a scheme.
 *
 * @throws VCLError `IoError` that says what is wrong with it
 */
export function parseAddress(written: string, purpose: AddressPurpose): HostPort {
  if (typeof written !== 'string') throw badAddress(String(written), FORMS);
  return parsePlace(written, written, purpose);
}

function parsePlace(written: string, place: string, purpose: AddressPurpose): HostPort {
  const parts = /^(?:\[([^\]]*)\]|([^:[\]\s@]+)):(\d{1,5})$/.exec(place);
  if (parts === null) throw badAddress(written, adviceFor(place));
  const [, bracketed, plain, digits] = parts;
  if (bracketed !== undefined && !isIpv6(bracketed)) {
    throw badAddress(written, 'only an IPv6 address stands in brackets');
  }
  if (plain !== undefined && plain.length > MAX_NAME_LENGTH) {
    throw badAddress(written, `a name is at most ${MAX_NAME_LENGTH} characters long`);
  }
  const port = Number(digits);
  if (port > 65_535) throw badAddress(written, 'a port is at most 65535');
  if (port === 0 && purpose === 'connect') {
    throw badAddress(written, 'port 0 is for binding only: name the port of the server');
  }
  return { host: bracketed ?? plain ?? '', port };
}

function checkPath(written: string, scheme: CarrierScheme, path: string): void {
  if (path === '') return;
  if (!isWebSocket(scheme)) {
    throw badAddress(written, `${scheme} has no path: leave out '${path.slice(0, 64)}'`);
  }
  // What is not visible ASCII would have to be escaped to stand in a request, and `#` never is in one.
  if (!path.startsWith('/') || !/^[!-~]+$/.test(path) || path.includes('#')) {
    throw badAddress(written, 'a path starts with / and has no spaces, and no #');
  }
}

function withDefaultPort(place: string, scheme: CarrierScheme): string {
  const port = DEFAULT_PORTS[scheme];
  const hasPort = !/^(\[[^\]]*\]|[^:[\]\s]+)$/.test(place);
  return port === undefined || hasPort ? place : `${place}:${port}`;
}

function isWebSocket(scheme: CarrierScheme): boolean {
  return scheme === 'ws' || scheme === 'wss';
}

function adviceFor(place: string): string {
  if (place.includes('@')) return 'no user or password stands in an address';
  if (isIpv6(place)) return `add the port, and brackets: [${place}]:8080`;
  if (/^[^:[\]\s]+:?$/.test(place)) return 'add the port: host:8080';
  if (/^[0-9a-f:.%]*:\d+$/i.test(place) && place.split(':').length > 2) {
    return 'put brackets around an IPv6 address: [::1]:8080';
  }
  return FORMS;
}

/** Without node:net, because browsers read addresses as well. */
function isIpv6(text: string): boolean {
  const [, digits, zone] = /^([0-9a-f:.]*:[0-9a-f:.]*)(%[^\s/%\]]+)?$/i.exec(text) ?? [];
  if (digits === undefined) return false;
  return (zone === undefined || zone.length > 1) && URL.canParse(`http://[${digits}]/`);
}

function badAddress(written: string, advice: string): VCLError {
  // What stands before an @ may be a password, which has no place in messages.
  const shown = written.replace(/[^/@]*@/g, '...@').slice(0, 128);
  return new VCLError('IoError', `'${shown}' is not an address: ${advice}`);
}
