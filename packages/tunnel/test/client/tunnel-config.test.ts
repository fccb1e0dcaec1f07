import { KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { TunnelConfig, type TunnelSettings } from '../../src/client/tunnel-config.js';

const settings: TunnelSettings = {
  server: 'vpn.example.org:51820',
  peerKey: KeyPair.generate().publicKey,
  identity: 'client.key',
};

describe('the presets', () => {
  it.each([
    ['mobile', 1_380, 'mobile', undefined, 500],
    ['home', 1_420, 'home', 10, 1_000],
    ['corporate', 1_400, 'corporate', 5, 2_000],
  ] as const)('%s has the numbers of the guide', (name, mtu, keepalive, attempts, initialMs) => {
    const { fields } = TunnelConfig[name]('10.0.0.1', '10.0.0.2', settings);
    expect(fields).toMatchObject({ preset: name, mtu, keepalive, obfuscation: 'none' });
    expect(fields).toMatchObject({ localIp: '10.0.0.1', remoteIp: '10.0.0.2', device: 'vcl0' });
    expect([fields.reconnect.maxAttempts, fields.reconnect.initialMs]).toEqual([
      attempts,
      initialMs,
    ]);
  });

  it.each([
    ['mts', 'mobile', 500],
    ['office', 'corporate', 1_000],
    ['nowhere', 'home', 1_000],
  ])('auto takes the hint %s', (hint, keepalive, initialMs) => {
    const { fields } = TunnelConfig.auto(hint, '', '', settings);
    expect(fields).toMatchObject({ preset: `auto(${hint})`, mtu: 1_400, keepalive });
    expect(fields.reconnect).toMatchObject({ maxAttempts: undefined, initialMs });
  });
});

describe('a builder', () => {
  it('gives a changed copy', () => {
    const config = TunnelConfig.home('', '', settings);
    const changed = config
      .withRoutes(['10.0.0.0/8'])
      .withExcludedRoutes('10.1.0.0/16')
      .withMtu(1_300)
      .withDevice('vcl7');
    expect(changed.fields).toMatchObject({ mtu: 1_300, device: 'vcl7', routes: ['10.0.0.0/8'] });
    expect(config.fields).toMatchObject({ mtu: 1_420, device: 'vcl0', routes: 'all' });
  });
});

describe('a mistake', () => {
  it.each([
    [{ server: '' }, 'server must be'],
    [{ routes: 'everything' }, "routes must be 'all'"],
    [{ routes: ['10.0.0.0/33'] }, '10.0.0.0/33'],
    [{ excludedRoutes: ['lan'] }, 'excludedRoutes must be like'],
    [{ severKey: 'x' }, 'severKey is not a setting'],
  ])('is named: %j', (wrong, message) => {
    const make = () => TunnelConfig.home('', '', { ...settings, ...wrong } as TunnelSettings);
    expect(make).toThrow(message);
  });

  it('in a builder is named as well', () => {
    expect(() => TunnelConfig.home('', '', settings).withMtu(100)).toThrow('mtu must be from 576');
  });
});
