import { describe, expect, it } from 'vitest';
import { checkServerConfig } from '../../src/tunnel/config/load-config.js';
import { requireSameFields } from '../../src/tunnel/config/reload-config.js';
import type { ServerConfig } from '../../src/tunnel/config/server-config.js';

const PATH = '/etc/vcl/server.toml';

function config(...lines: readonly string[]): ServerConfig {
  const addresses = 'addresses = ["10.8.0.1/24", "fd08::1/64"]';
  const own = lines.some((line) => line.startsWith('addresses')) ? [] : [addresses];
  return checkServerConfig(PATH, [...own, ...lines].join('\n'));
}

describe('a configuration that is read again', () => {
  it.each([
    ['listen', 'listen = "[::]:443"'],
    ['addresses', 'addresses = ["10.8.0.2/24"]'],
    ['identity', 'identity = "other.identity"'],
    ['store', 'store = "other.sqlite"'],
    ['device', 'device = "vcl1"'],
    ['mtu', 'mtu = 1400'],
    ['nat', 'nat = false'],
    ['sessions_per_key', 'sessions_per_key = 2'],
  ])('names %s, which needs a restart', (name, line) => {
    expect(() => requireSameFields(PATH, config(), config(line))).toThrow(
      `${PATH}: ${name} cannot change while the server runs: restart it, or set it back`,
    );
  });

  it('names all of them at once', () => {
    const wanted = config('nat = false', 'mtu = 1400', 'resolvers = ["10.8.0.1"]');
    expect(() => requireSameFields(PATH, config(), wanted)).toThrow(
      `${PATH}: mtu, nat cannot change`,
    );
  });

  it.each([
    'endpoint = "vpn.example.org:51820"',
    'routes = ["192.168.7.0/24"]',
    'resolvers = ["10.8.0.1"]',
    'client_to_client = "deny"',
    'listen = "[::]:51820" # the default',
  ])('may have %s', (line) => {
    expect(() => requireSameFields(PATH, config(), config(line))).not.toThrow();
  });
});
