import { VCLError } from '@vcl-protocol/core';
import { fingerprint } from './public-key.js';

/** Remembers the keys of servers between connections: a file in Node, what the page says in a browser. */
export interface KnownHostStore {
  /**
   * Remembers a server's key, unless it is known already.
   *
   * @param host `host:port` or `[ipv6]:port`
   * @returns whether it was added
   * @throws VCLError `IdentityChanged` when another key is known for the host
   */
  add(host: string, key: Uint8Array): boolean | Promise<boolean>;
}

/** What {@link hostChangedError} tells. */
export interface HostChange {
  readonly host: string;
  readonly known: Uint8Array;
  readonly shown: Uint8Array;
  /** Where the known key stands: 'in memory'. */
  readonly where: string;
  /** What to do when the change is expected: 'use a new store'. */
  readonly remedy: string;
}

/** Another key is known for a host than the one it showed: `IdentityChanged`. */
export function hostChangedError({ host, known, shown, where, remedy }: HostChange): VCLError {
  return new VCLError(
    'IdentityChanged',
    `the identity of ${host} has changed: known ${where} is ${fingerprint(known)}, ` +
      `it showed ${fingerprint(shown)}. Somebody may be between you and the server. ` +
      `If the change is expected, ${remedy} and connect again`,
  );
}
