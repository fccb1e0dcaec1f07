import { SqlitePeerStore } from '@vcl-protocol/tunnel';
import type { CliIo } from '../cli-io.js';
import { loadServerConfig } from './config/load-config.js';
import { configPath } from './config/places.js';
import type { ServerConfig } from './config/server-config.js';

/**
 * Does something with the store that a server's configuration names, and closes it.
 *
 * @param path of the configuration, or undefined for the usual one
 * @throws VCLError for the configuration, and `IoError` for the store
 */
export async function withStore<T>(
  io: CliIo,
  path: string | undefined,
  use: (store: SqlitePeerStore, config: ServerConfig) => Promise<T>,
): Promise<T> {
  const config = await loadServerConfig(configPath(io, path, 'server'));
  const store = await SqlitePeerStore.open(config.store);
  try {
    return await use(store, config);
  } finally {
    await store.close();
  }
}
