import { SqlitePeerStore, TunnelConfig, type TunnelServerOptions } from '@vcl-protocol/tunnel';
import type { Logger } from 'vcl-protocol';
import type { ClientConfig } from './config/client-config.js';
import type { ServerConfig } from './config/server-config.js';

/** What a configuration file says, as the library takes it. */
export function clientTunnelConfig(config: ClientConfig): TunnelConfig {
  const settings = {
    server: config.server,
    peerKey: config.server_key,
    identity: config.identity,
    routes: config.routes,
    excludedRoutes: config.excluded_routes,
    device: config.device,
    ...(config.name === undefined ? {} : { name: config.name }),
    ...(config.invitation === undefined ? {} : { invitation: secretOf(config.invitation) }),
  };
  const made =
    config.preset === 'auto'
      ? TunnelConfig.auto(config.network ?? '', '', '', settings)
      : TunnelConfig[config.preset]('', '', settings);
  // A preset of the library gives up at some time; a machine that is off line all night must not.
  const patient = made.withReconnect({
    ...made.fields.reconnect,
    maxAttempts: config.max_attempts,
  });
  return config.mtu === undefined ? patient : patient.withMtu(config.mtu);
}

/** The same for a server; it opens the store. */
export async function serverTunnelOptions(
  config: ServerConfig,
  logger: Logger,
): Promise<TunnelServerOptions & { readonly store: SqlitePeerStore }> {
  return { ...serverFields(config), store: await SqlitePeerStore.open(config.store), logger };
}

/** All but store and logger, which stay when a configuration is read again. */
export function serverFields(config: ServerConfig): Omit<TunnelServerOptions, 'store' | 'logger'> {
  return {
    listen: config.listen,
    identity: config.identity,
    addresses: config.addresses,
    device: config.device,
    mtu: config.mtu,
    resolvers: config.resolvers,
    clientToClient: config.client_to_client,
    nat: config.nat,
    sessionsPerKey: config.sessions_per_key,
    ...(config.routes === undefined ? {} : { routes: config.routes }),
  };
}

function secretOf(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64url'));
}
