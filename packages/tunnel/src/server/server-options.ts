import { closestName, VCLError } from '@vcl-protocol/core';
import type { KeyPair, Logger, VCLListenerOptions } from 'vcl-protocol';
import { parseIp } from '../core/ip/ip-address.js';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import type { ClientToClient } from '../core/routing/peer-routes.js';
import { MAX_ADDRESSES, MAX_ROUTES } from '../core/wire/tunnel-message.js';
import type { PeerStore } from '../store/peer-store.js';

/** What a tunnel server is started with. */
export interface TunnelServerOptions {
  /** Where clients connect to: `host:port`, UDP, TCP and WebSocket on one port. Default `[::]:51820`. */
  readonly listen?: string;
  /** Who the server is: a key pair, or the path of its file, which is made when it is missing. */
  readonly identity: KeyPair | string;
  /**
   * The server's own address in each network that clients get theirs from, such as `10.8.0.1/24` and
   * `fd08::1/64`: one of each family at most.
   */
  readonly addresses: readonly string[];
  /** Who may connect, and with which addresses. */
  readonly store: PeerStore;
  /** The interface, up to 15 characters. Default `vcl0`. */
  readonly device?: string;
  /** The longest packet in the tunnel, 1,280 to 9,000 bytes. Default 1,420. */
  readonly mtu?: number;
  /** Networks that clients are told to reach through the tunnel, when they ask. Default: the server's own. */
  readonly routes?: readonly string[];
  /** Resolvers that clients are told of. Default none. */
  readonly resolvers?: readonly string[];
  /** Whether clients reach each other. Default `allow`. */
  readonly clientToClient?: ClientToClient;
  /** Whether what clients send to other networks leaves under the server's own address. Default true. */
  readonly nat?: boolean;
  /** Sessions of one key at a time. Default 1. */
  readonly sessionsPerKey?: number;
  /** Further carriers, as `VCLListener.bind` takes them. */
  readonly carriers?: VCLListenerOptions['carriers'];
  /** Where log lines go. Default: nowhere. */
  readonly logger?: Logger;
}

/** Options with their defaults, checked. */
export interface ServerSettings
  extends Required<
    Omit<TunnelServerOptions, 'addresses' | 'routes' | 'resolvers' | 'carriers' | 'logger'>
  > {
  readonly addresses: readonly IpPrefix[];
  readonly routes: readonly IpPrefix[];
  readonly resolvers: readonly Uint8Array[];
  readonly carriers: VCLListenerOptions['carriers'];
  readonly logger: Logger | undefined;
}

const OPTIONS: readonly string[] = [
  'listen',
  'identity',
  'addresses',
  'store',
  'device',
  'mtu',
  'routes',
  'resolvers',
  'clientToClient',
  'nat',
  'sessionsPerKey',
  'carriers',
  'logger',
] satisfies (keyof TunnelServerOptions)[];

const MIN_MTU = 1_280;
const MAX_MTU = 9_000;

/** @throws VCLError `InvalidConfig` that names the option */
export function resolveServerOptions(options: TunnelServerOptions): ServerSettings {
  for (const name of Object.keys(options)) {
    if (OPTIONS.includes(name)) continue;
    const meant = closestName(name, OPTIONS);
    const advice = meant === undefined ? `known: ${OPTIONS.join(', ')}` : `did you mean ${meant}?`;
    throw invalid(`${name} is not an option of a tunnel server: ${advice}`);
  }
  const addresses = options.addresses.map((text) => IpPrefix.parse(text, 'addresses'));
  checkAddresses(addresses);
  const { mtu = 1_420, sessionsPerKey = 1, clientToClient = 'allow' } = options;
  if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > MAX_MTU) {
    throw invalid(`mtu must be from ${MIN_MTU} to ${MAX_MTU}: got ${mtu}`);
  }
  if (!Number.isInteger(sessionsPerKey) || sessionsPerKey < 1) {
    throw invalid(`sessionsPerKey must be a whole number above 0: got ${sessionsPerKey}`);
  }
  if (clientToClient !== 'allow' && clientToClient !== 'deny') {
    throw invalid(`clientToClient must be 'allow' or 'deny': got ${String(clientToClient)}`);
  }
  const routes = options.routes?.map((text) => IpPrefix.parse(text, 'routes').network);
  const { resolvers = [] } = options;
  checkCount('routes', routes, MAX_ROUTES);
  checkCount('resolvers', resolvers, MAX_ADDRESSES);
  return {
    listen: options.listen ?? '[::]:51820',
    identity: options.identity,
    addresses,
    store: options.store,
    device: options.device ?? 'vcl0',
    mtu,
    routes: routes ?? addresses.map((prefix) => prefix.network),
    resolvers: resolvers.map(requireResolver),
    clientToClient,
    nat: options.nat ?? true,
    sessionsPerKey,
    carriers: options.carriers,
    logger: options.logger,
  };
}

function checkAddresses(addresses: readonly IpPrefix[]): void {
  const example = "['10.8.0.1/24', 'fd08::1/64']";
  if (addresses.length === 0) throw invalid(`addresses is empty: give one such as ${example}`);
  for (const family of [4, 6] as const) {
    const own = addresses.filter((prefix) => prefix.family === family);
    if (own.length > 1) throw invalid(`addresses has two of IPv${family}: give one of each family`);
    if (own[0]?.isHost === true) {
      throw invalid(`addresses: ${own[0]} has no room for clients: write it as in ${example}`);
    }
  }
}

/** What clients are told has to fit into one message. */
function checkCount(name: string, list: readonly unknown[] = [], most: number): void {
  if (list.length > most) throw invalid(`${name} may be ${most} at most: got ${list.length}`);
}

function requireResolver(text: string): Uint8Array {
  const bytes = parseIp(text);
  if (bytes !== undefined) return bytes;
  throw invalid(`resolvers must hold numeric addresses: got '${text}'`);
}

function invalid(message: string): VCLError {
  return new VCLError('InvalidConfig', message);
}

/** @throws VCLError `InvalidConfig` when a field differs that cannot change while the server runs */
export function requireSameSettings(now: ServerSettings, wanted: ServerSettings): void {
  if (now.addresses.join() !== wanted.addresses.join()) {
    throw invalid('addresses cannot change while the server runs: restart it');
  }
  for (const name of ['listen', 'identity', 'device', 'mtu', 'nat', 'sessionsPerKey'] as const) {
    if (now[name] === wanted[name]) continue;
    throw invalid(`${name} cannot change while the server runs: restart it`);
  }
}
