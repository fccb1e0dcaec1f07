import { VCLError } from '@vcl-protocol/core';
import type { ServerConfig } from './server-config.js';

/** What cannot change while a server runs. */
const FIXED = [
  'listen',
  'addresses',
  'identity',
  'store',
  'device',
  'mtu',
  'nat',
  'sessions_per_key',
] as const satisfies readonly (keyof ServerConfig)[];

/**
 * Checks a configuration that was read again.
 *
 * @param path of the file, for the message
 * @throws VCLError `InvalidConfig` that names all fields that need a restart
 */
export function requireSameFields(path: string, running: ServerConfig, wanted: ServerConfig): void {
  const changed = FIXED.filter((name) => String(running[name]) !== String(wanted[name]));
  if (changed.length === 0) return;
  const what = `${changed.join(', ')} cannot change while the server runs`;
  throw new VCLError('InvalidConfig', `${path}: ${what}: restart it, or set it back`);
}
