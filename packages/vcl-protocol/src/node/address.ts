import { isIP, isIPv6 } from 'node:net';
import { VCLError } from '@vcl-protocol/core';

/** A host and a port, as written. */
export interface HostPort {
  /** A name or a numeric address, without brackets. */
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host:port` or `[ipv6]:port`.
 *
 * @param purpose a port of 0 is for binding only: any that is free
 * @throws VCLError `IoError` that says what is wrong with it
 */
export function parseAddress(written: string, purpose: 'bind' | 'connect'): HostPort {
  if (typeof written !== 'string') throw badAddress(String(written), FORMS);
  const parts = /^(?:\[([^\]]*)\]|([^:[\]\s]+)):(\d{1,5})$/.exec(written);
  if (parts === null) throw badAddress(written, adviceFor(written));
  const [, bracketed, plain, digits] = parts;
  if (bracketed !== undefined && !isIPv6(bracketed)) {
    throw badAddress(written, 'only an IPv6 address stands in brackets');
  }
  const port = Number(digits);
  if (port > 65_535) throw badAddress(written, 'a port is at most 65535');
  if (port === 0 && purpose === 'connect') {
    throw badAddress(written, 'port 0 is for binding only: name the port of the server');
  }
  return { host: bracketed ?? plain ?? '', port };
}

/** `address:port`, with brackets around an IPv6 address. */
export function formatAddress({ address, port }: { address: string; port: number }): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

const FORMS = 'an address is host:port or [ipv6]:port, such as 127.0.0.1:8080 or [::1]:8080';

function adviceFor(written: string): string {
  if (isIPv6(written)) return `add the port, and brackets: [${written}]:8080`;
  if (isIP(written) === 4 || /^[^:[\]\s]+:?$/.test(written)) return 'add the port: host:8080';
  if (/^[0-9a-f:.%]*:\d+$/i.test(written) && written.split(':').length > 2) {
    return 'put brackets around an IPv6 address: [::1]:8080';
  }
  return FORMS;
}

function badAddress(written: string, advice: string): VCLError {
  return new VCLError('IoError', `'${written.slice(0, 128)}' is not an address: ${advice}`);
}
