import { closestName, VCLError } from '@vcl-protocol/core';
import type { KeyPair, PublicKeyLike } from 'vcl-protocol';
import { IpPrefix } from '../core/ip/ip-prefix.js';
import { KeepalivePreset } from '../core/keepalive/keepalive-config.js';
import { ReconnectConfig } from '../core/reconnect/reconnect-config.js';
import { MAX_NAME_BYTES } from '../core/wire/tunnel-message.js';
import type { TunnelRoutes } from './client-options.js';
import { networkHint, ObfuscationMode } from './network-hints.js';

/** What a client needs to know beside the kind of its network. */
export interface TunnelSettings {
  /** The server: `host:port`, or with a scheme as `VCLConnection.connect` takes it. */
  readonly server: string;
  /** The server's public key. */
  readonly peerKey: PublicKeyLike;
  /** Who this side is: a key pair, or the path of its file, which is made when it is missing. */
  readonly identity: KeyPair | string;
  /** The secret of an invitation, 32 bytes, to be let in the first time. */
  readonly invitation?: Uint8Array;
  /** Which networks are reached through the tunnel. Default `all`. */
  readonly routes?: TunnelRoutes;
  /** Networks that are not, in text. Default none. */
  readonly excludedRoutes?: readonly string[];
  /** The interface, up to 15 characters. Default `vcl0`. */
  readonly device?: string;
  /** What this device calls itself to the server. Default: the host's name. */
  readonly name?: string;
}

/** A tunnel's configuration; each `with...` gives a changed copy. */
export interface TunnelConfigFields extends Required<Omit<TunnelSettings, 'invitation' | 'name'>> {
  readonly preset: string;
  /** The address wanted in the tunnel, or empty for what the server gives. */
  readonly localIp: string;
  /** The server's address in the tunnel, or empty for what it says. */
  readonly remoteIp: string;
  /** The longest packet in the tunnel, 576 to 9,000 bytes; from 1,280 on it carries IPv6. */
  readonly mtu: number;
  readonly keepalive: KeepalivePreset;
  readonly reconnect: ReconnectConfig;
  /** What the traffic is disguised as. */
  readonly obfuscation: ObfuscationMode;
  readonly invitation: Uint8Array | undefined;
  readonly name: string | undefined;
}

const MIN_MTU = 576;
const MAX_MTU = 9_000;

/** How a client's tunnel is set up (guide: Tunnel Abstraction). */
export class TunnelConfig {
  readonly fields: TunnelConfigFields;

  /** Mobile networks: packets of 1,380 bytes, a keepalive after 20 s, fast and endless reconnection. */
  static mobile(localIp: string, remoteIp: string, settings: TunnelSettings): TunnelConfig {
    return preset('mobile', localIp, remoteIp, settings);
  }

  /** Home broadband: packets of 1,420 bytes, a keepalive after 60 s, ten attempts to reconnect. */
  static home(localIp: string, remoteIp: string, settings: TunnelSettings): TunnelConfig {
    return preset('home', localIp, remoteIp, settings);
  }

  /** Office networks: packets of 1,400 bytes, a keepalive after 120 s, five patient attempts. */
  static corporate(localIp: string, remoteIp: string, settings: TunnelSettings): TunnelConfig {
    return preset('corporate', localIp, remoteIp, settings);
  }

  /**
   * By the kind of network or the operator, see {@link networkHint}: packets of 1,400 bytes, endless
   * reconnection.
   */
  static auto(
    hint: string,
    localIp: string,
    remoteIp: string,
    settings: TunnelSettings,
  ): TunnelConfig {
    const { keepalive } = networkHint(hint);
    const base = PRESETS[keepalive === KeepalivePreset.Mobile ? 'mobile' : 'home'];
    const reconnect = { ...base.reconnect(), maxAttempts: undefined };
    return new TunnelConfig({
      ...common(settings),
      preset: `auto(${hint})`,
      localIp,
      remoteIp,
      mtu: 1_400,
      keepalive,
      reconnect,
    });
  }

  constructor(fields: TunnelConfigFields) {
    checkFields(fields);
    this.fields = Object.freeze({ ...fields });
  }

  /** Networks that go through the tunnel. */
  withRoutes(routes: TunnelRoutes): TunnelConfig {
    return this.#with({ routes });
  }

  /** Networks that do not. */
  withExcludedRoutes(...excludedRoutes: readonly string[]): TunnelConfig {
    return this.#with({ excludedRoutes });
  }

  /** The longest packet in the tunnel, in bytes. */
  withMtu(mtu: number): TunnelConfig {
    return this.#with({ mtu });
  }

  withKeepalive(keepalive: KeepalivePreset): TunnelConfig {
    return this.#with({ keepalive });
  }

  withReconnect(reconnect: ReconnectConfig): TunnelConfig {
    return this.#with({ reconnect });
  }

  withDevice(device: string): TunnelConfig {
    return this.#with({ device });
  }

  #with(changed: Partial<TunnelConfigFields>): TunnelConfig {
    return new TunnelConfig({ ...this.fields, ...changed });
  }
}

interface Preset {
  readonly mtu: number;
  readonly keepalive: KeepalivePreset;
  readonly reconnect: () => ReconnectConfig;
}

const PRESETS: Readonly<Record<'mobile' | 'home' | 'corporate', Preset>> = {
  mobile: {
    mtu: 1_380,
    keepalive: KeepalivePreset.Mobile,
    reconnect: () => ReconnectConfig.mobile(),
  },
  home: {
    mtu: 1_420,
    keepalive: KeepalivePreset.Home,
    reconnect: () => ({ ...ReconnectConfig.default(), maxAttempts: 10 }),
  },
  corporate: {
    mtu: 1_400,
    keepalive: KeepalivePreset.Corporate,
    reconnect: () => ({ ...ReconnectConfig.stable(), maxAttempts: 5 }),
  },
};

function preset(
  name: keyof typeof PRESETS,
  localIp: string,
  remoteIp: string,
  settings: TunnelSettings,
): TunnelConfig {
  const { mtu, keepalive, reconnect } = PRESETS[name];
  const fields = { preset: name, localIp, remoteIp, mtu, keepalive, reconnect: reconnect() };
  return new TunnelConfig({ ...common(settings), ...fields });
}

const SETTINGS: readonly string[] = [
  'server',
  'peerKey',
  'identity',
  'invitation',
  'routes',
  'excludedRoutes',
  'device',
  'name',
] satisfies (keyof TunnelSettings)[];

function common(settings: TunnelSettings) {
  for (const name of Object.keys(settings)) {
    if (SETTINGS.includes(name)) continue;
    const meant = closestName(name, SETTINGS);
    const advice = meant === undefined ? `known: ${SETTINGS.join(', ')}` : `did you mean ${meant}?`;
    throw new VCLError('InvalidConfig', `${name} is not a setting of a tunnel: ${advice}`);
  }
  return {
    server: settings.server,
    peerKey: settings.peerKey,
    identity: settings.identity,
    invitation: settings.invitation,
    routes: settings.routes ?? 'all',
    excludedRoutes: settings.excludedRoutes ?? [],
    device: settings.device ?? 'vcl0',
    name: settings.name,
    obfuscation: ObfuscationMode.None,
  };
}

function checkFields({
  server,
  mtu,
  routes,
  excludedRoutes,
  localIp,
  remoteIp,
  name,
}: TunnelConfigFields) {
  if (typeof server !== 'string' || server === '') {
    throw new VCLError(
      'InvalidConfig',
      'server must be the address of a server, such as host:51820',
    );
  }
  if (!Number.isInteger(mtu) || mtu < MIN_MTU || mtu > MAX_MTU) {
    throw new VCLError('InvalidConfig', `mtu must be from ${MIN_MTU} to ${MAX_MTU}: got ${mtu}`);
  }
  if (typeof routes === 'string' && routes !== 'all' && routes !== 'assigned') {
    throw new VCLError(
      'InvalidConfig',
      `routes must be 'all', 'assigned' or a list: got ${routes}`,
    );
  }
  if (typeof routes !== 'string') for (const text of routes) IpPrefix.parse(text, 'routes');
  for (const text of excludedRoutes) IpPrefix.parse(text, 'excludedRoutes');
  if (name !== undefined && !isPlainName(name)) {
    throw new VCLError(
      'InvalidConfig',
      `name must be text of 1 to ${MAX_NAME_BYTES} bytes without control characters`,
    );
  }
  for (const text of [localIp, remoteIp])
    if (text !== '') IpPrefix.parse(text, 'an address in the tunnel');
}

function isPlainName(name: unknown): boolean {
  if (typeof name !== 'string' || name === '' || /\p{Cc}/u.test(name)) return false;
  return Buffer.byteLength(name) <= MAX_NAME_BYTES;
}
