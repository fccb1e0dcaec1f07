import { KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import {
  requireSameSettings,
  resolveServerOptions,
  type TunnelServerOptions,
} from '../../src/server/server-options.js';
import { MemoryPeerStore } from '../../src/store/memory-peer-store.js';

const identity = KeyPair.generate();

function options(more: object = {}): TunnelServerOptions {
  const store = new MemoryPeerStore();
  return { identity, store, addresses: ['10.8.0.1/24', 'fd08::1/64'], ...more };
}

describe('options of a server', () => {
  it('have defaults, and its own networks as routes', () => {
    const settings = resolveServerOptions(options());
    expect(settings).toMatchObject({
      listen: '[::]:51820',
      device: 'vcl0',
      mtu: 1_420,
      clientToClient: 'allow',
      nat: true,
      sessionsPerKey: 1,
    });
    expect(settings.routes.map(String)).toEqual(['10.8.0.0/24', 'fd08::/64']);
  });

  it.each([
    ['mtu must be', { mtu: 1_279 }],
    ['mtu must be', { mtu: 9_001 }],
    ['sessionsPerKey must be', { sessionsPerKey: 0 }],
    ['clientToClient must be', { clientToClient: 'maybe' }],
    ['addresses is empty', { addresses: [] }],
    ['addresses has two of IPv4', { addresses: ['10.8.0.1/24', '10.9.0.1/24'] }],
    ['no room for clients', { addresses: ['10.8.0.1'] }],
    ['addresses', { addresses: ['10.8.0'] }],
    ['resolvers must hold', { resolvers: ['dns.example'] }],
    ['did you mean resolvers', { resolver: [] }],
    ['routes may be 1024 at most', { routes: Array.from({ length: 1_025 }, () => '10.0.0.0/8') }],
    ['resolvers may be 8 at most', { resolvers: Array.from({ length: 9 }, () => '10.8.0.1') }],
  ])('that are wrong are told: %s', (message, more) => {
    expect(() => resolveServerOptions(options(more))).toThrow(message);
  });

  it.each([
    ['addresses', { addresses: ['10.9.0.1/24'] }],
    ['listen', { listen: '0.0.0.0:1' }],
    ['device', { device: 'vcl1' }],
    ['nat', { nat: false }],
    ['sessionsPerKey', { sessionsPerKey: 2 }],
  ])('cannot change in a server that runs: %s', (field, more) => {
    const now = resolveServerOptions(options());
    const wanted = resolveServerOptions(options(more));
    expect(() => requireSameSettings(now, wanted)).toThrow(`${field} cannot change`);
    const other = { clientToClient: 'deny', routes: ['10.0.0.0/8'], resolvers: ['10.8.0.1'] };
    expect(() => requireSameSettings(now, resolveServerOptions(options(other)))).not.toThrow();
  });
});
