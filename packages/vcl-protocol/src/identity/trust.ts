import { VCLError } from '@vcl-protocol/core';
import { platform } from '#platform';
import type { Logger } from '../logger.js';
import type { KnownHostStore } from './known-host-store.js';
import { fingerprint, isSameKey, type PublicKeyLike, toPublicKey } from './public-key.js';

/**
 * Which server a client accepts: the one with this key; the one known under its name, or on first
 * use any (`knownHosts`: a store, or the path of its file where there are files); or what a function says.
 */
export type ServerTrust =
  | PublicKeyLike
  | { readonly knownHosts: KnownHostStore | string }
  | ((key: Uint8Array, host: string) => boolean | Promise<boolean>);

/**
 * Decides on the key a server has proved to hold, before the client shows its own identity.
 * Resolves with whether to go on; rejects with a VCLError that says why not.
 *
 * @param host `host:port` or `[ipv6]:port`, as the user wrote it
 */
export type ServerDecision = (key: Uint8Array, host: string) => Promise<boolean>;

/**
 * Turns the connect option `server` into one decision.
 *
 * @param server default: the known hosts of the user, trust on first use
 * @throws VCLError `InvalidKey` for a key that is none, `InvalidConfig` for anything else, and for the
 * default where there are no files
 */
export function decideServer(server: ServerTrust | undefined, logger: Logger): ServerDecision {
  if (server === undefined) return trustOnFirstUse(platform.openKnownHosts(undefined), logger);
  if (typeof server === 'function') return askUser(server);
  if (typeof server === 'string' || server instanceof Uint8Array) return pin(toPublicKey(server));
  const { knownHosts } = requireKnownHosts(server);
  const isPath = typeof knownHosts === 'string';
  return trustOnFirstUse(isPath ? platform.openKnownHosts(knownHosts) : knownHosts, logger);
}

function pin(expected: Uint8Array): ServerDecision {
  return async (key, host) => {
    if (isSameKey(key, expected)) return true;
    throw new VCLError(
      'IdentityChanged',
      `${host} is not the server asked for: expected ${fingerprint(expected)}, it showed ` +
        `${fingerprint(key)}. Check the address and the option server, with its owner if need be`,
    );
  };
}

function trustOnFirstUse(hosts: KnownHostStore, logger: Logger): ServerDecision {
  return async (key, host) => {
    if (await hosts.add(host, key)) {
      logger.warn(
        { host, fingerprint: fingerprint(key) },
        'first connection to this server: its key is remembered; compare the fingerprint with its owner',
      );
    }
    return true;
  };
}

function askUser(decide: (key: Uint8Array, host: string) => unknown): ServerDecision {
  return async (key, host) => {
    try {
      return (await decide(Uint8Array.from(key), host)) === true;
    } catch (cause) {
      if (VCLError.is(cause)) throw cause;
      throw new VCLError('AuthRefused', `the function in the option server failed for ${host}`, {
        cause,
      });
    }
  };
}

function requireKnownHosts(server: unknown): { readonly knownHosts: KnownHostStore | string } {
  if (typeof server === 'object' && server !== null && 'knownHosts' in server) {
    const { knownHosts } = server;
    if (typeof knownHosts === 'string' && knownHosts !== '') return { knownHosts };
    if (isKnownHostStore(knownHosts)) return { knownHosts };
  }
  throw new VCLError(
    'InvalidConfig',
    "the option server must be a public key ('vcl-ed25519:...' or 32 bytes), " +
      '{ knownHosts: a KnownHosts or the path of its file }, or a function (key, host) => boolean',
  );
}

function isKnownHostStore(value: unknown): value is KnownHostStore {
  if (typeof value !== 'object' || value === null || !('add' in value)) return false;
  return typeof value.add === 'function';
}
