import { stringify } from 'smol-toml';
import { CLIENT_FIELDS, type ClientConfig, clientSchema } from './client-config.js';
import { SERVER_FIELDS, type ServerConfig, serverSchema } from './server-config.js';

/** A commented `server.toml`: fields that are given stand as they are, all others as comments. */
export function serverToml(given: Partial<ServerConfig>): string {
  const defaults = serverSchema.parse({ addresses: ['10.8.0.1/24'] });
  const head =
    'A VCL tunnel server. `vcl server` runs it; every field is explained above its line.';
  return toml(head, SERVER_FIELDS, given, {
    ...defaults,
    endpoint: 'vpn.example.org:51820',
    routes: defaults.addresses,
  });
}

/** A commented `client.toml`. */
export function clientToml(given: Partial<ClientConfig>): string {
  const defaults = clientSchema.parse({ server: 'vpn.example.org:51820', server_key: EXAMPLE_KEY });
  const head = 'A VCL tunnel client. `vcl up` runs it; every field is explained above its line.';
  const examples = { network: 'mts', name: 'laptop', mtu: 1_420, max_attempts: 10 };
  return toml(head, CLIENT_FIELDS, given, { ...defaults, ...examples });
}

/** The key of nobody: the base point of the curve. */
const EXAMPLE_KEY = 'vcl-ed25519:WGZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmY';

function toml<T extends object>(
  head: string,
  fields: readonly (readonly [name: keyof T, meaning: string])[],
  given: Partial<T>,
  examples: Partial<T>,
): string {
  const parts = fields.map(([name, meaning]) => {
    const value = given[name];
    if (value !== undefined) return `# ${meaning}\n${line(name, value)}`;
    const example = examples[name];
    return example === undefined ? `# ${meaning}` : `# ${meaning}\n# ${line(name, example)}`;
  });
  return `# ${head}\n\n${parts.join('\n\n')}\n`;
}

function line(name: PropertyKey, value: unknown): string {
  return stringify({ [String(name)]: value }).trim();
}
