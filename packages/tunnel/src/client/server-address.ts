import type { VCLConnection } from 'vcl-protocol';

/** The host of an address with or without a scheme, such as `example.org` of `wss://example.org/vcl`. */
export function hostOf(server: string): string {
  const rest = server.replace(/^[a-z]+:\/\//, '');
  const bracketed = /^\[([^\]]+)\]/.exec(rest);
  return bracketed?.[1] ?? rest.replace(/[:/].*$/, '');
}

/** Where the peer of a connection is, in text; undefined without one. */
export function remoteText(connection: VCLConnection | undefined): string | undefined {
  const remote = connection?.remoteAddress();
  if (remote === undefined) return undefined;
  const host = remote.address.includes(':') ? `[${remote.address}]` : remote.address;
  return `${host}:${remote.port}`;
}
