import { join } from 'node:path';
import type { CliIo } from '../../cli-io.js';

/** Where configurations are: /etc/vcl for root, else below the user's directory for such. */
export function configDirectory(io: Pick<CliIo, 'env' | 'homeDirectory'>): string {
  if (process.getuid?.() === 0) return '/etc/vcl';
  return join(io.env.XDG_CONFIG_HOME || join(io.homeDirectory, '.config'), 'vcl');
}

/** The configuration that a command means. @param given a path, or undefined for the usual place */
export function configPath(
  io: Pick<CliIo, 'env' | 'homeDirectory'>,
  given: string | undefined,
  kind: 'server' | 'client',
): string {
  return given ?? join(configDirectory(io), `${kind}.toml`);
}
