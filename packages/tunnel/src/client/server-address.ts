import type { VCLConnection } from 'vcl-protocol';

/** The host of an address with or without a scheme, such as `example.org` of `wss://example.org/vcl`. */
export function hostOf(server: string): string {
  const rest = server.replace(/^[a-z]+:\/\//, '');
  const bracketed = /^\[([^\]]+)\]/.exec(rest);
  return bracketed?.[1] ?? rest.replace(/[:/].*$/, '');
}

/**
 * The same server by a numeric address, so that reconnecting does not depend on a name that can only
 * be resolved through the tunnel. Addresses with TLS keep their name, which the certificate has.
 */
function withNumericHost(server: string, address: string): string {
  if (/^(wss|quic|https):/.test(server)) return server;
  const host = address.includes(':') ? `[${address.replace(/^::ffff:(?=\d+\.)/i, '')}]` : address;
  const plain = host.replace(/^\[(\d+\.[\d.]+)\]$/, '$1');
  return server.replace(
    /^([a-z]+:\/\/)?(\[[^\]]*\]|[^:/]+)/,
    (_, scheme = '') => `${scheme}${plain}`,
  );
}

/** Where the peer of a connection is, in text; undefined without one. */
export function remoteText(connection: VCLConnection | undefined): string | undefined {
  const remote = connection?.remoteAddress();
  if (remote === undefined) return undefined;
  const host = remote.address.includes(':') ? `[${remote.address}]` : remote.address;
  return `${host}:${remote.port}`;
}

/** Where the next attempt goes: by name, and by the address that was reached last, in turns. */
export class ServerChoice {
  /** Whether the present attempt goes to an address that was reached before. */
  isByNumber = false;
  readonly #server: string;
  #host = '';

  constructor(server: string) {
    this.#server = server;
  }

  next(): string {
    this.isByNumber = !this.isByNumber && this.#host !== '';
    return this.isByNumber ? withNumericHost(this.#server, this.#host) : this.#server;
  }

  reached(host: string): void {
    this.#host = host;
    this.isByNumber = false;
  }
}
