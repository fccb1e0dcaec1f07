import { readFileSync } from 'node:fs';
import { chooseProvider, describeQuic } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { formatInfo, type InfoDocument } from '../src/commands/info.js';
import { collectOptionalParts } from '../src/commands/optional-parts.js';
import { plainPaint } from '../src/output.js';
import { FakeIo, vcl } from './support/fake-io.js';

describe('vcl info', () => {
  it('tells versions, providers, transports and paths', async () => {
    const { exitCode, out, err } = await vcl(['info'], new FakeIo({ home: '/people/ann' }));
    expect([exitCode, err]).toEqual([0, '']);
    expect(out).toContain(process.version);
    expect(out).toContain('version 1');
    expect(out).toMatch(new RegExp(`${chooseProvider().name} +chosen`));
    expect(out).toMatch(/noble +loads; not chosen: slower than/);
    expect(out).toMatch(/udp +available/);
    for (const name of ['tcp', 'websocket']) {
      expect(out).toMatch(new RegExp(`${name} +available`));
    }
    expect(out).toMatch(/ws +installed: WebSocket: addresses ws:\/\/ and wss:\/\//);
    expect(out).toContain('/people/ann/.vcl/identity');
    expect(out).toContain('/people/ann/.vcl/known_hosts');
  });

  it('follows VCL_HOME', async () => {
    const { out } = await vcl(['info', '--json'], new FakeIo({ env: { VCL_HOME: '/etc/vcl' } }));
    const info: InfoDocument = JSON.parse(out);
    expect(info.paths).toEqual({
      home: '/etc/vcl',
      identity: '/etc/vcl/identity',
      knownHosts: '/etc/vcl/known_hosts',
    });
    expect(info.protocolVersions).toEqual([1]);
    expect(info.cryptoProviders.filter(({ chosen }) => chosen)).toHaveLength(1);
    const available = info.transports.filter((transport) => transport.available);
    const quic = describeQuic().available ? ['quic'] : [];
    expect(available.map(({ name }) => name)).toEqual(['udp', 'tcp', 'websocket', ...quic]);
    // Either the faster driver, or why it is not.
    expect(available[0]?.driver === 'batched').toBe(available[0]?.reason === undefined);
  });

  it('knows every optional package of the library, and none beside', () => {
    const library = new URL('../../vcl-protocol/package.json', import.meta.url);
    const { optionalDependencies } = JSON.parse(readFileSync(library, 'utf8'));
    const systems = ['darwin-arm64', 'darwin-x64', 'linux-x64', 'win32-x64'];
    const told = systems.flatMap((system) => collectOptionalParts(system).map(({ name }) => name));
    expect([...new Set(told)].sort()).toEqual(Object.keys(optionalDependencies).sort());
  });

  it('says where there is no binary for QUIC', () => {
    const parts = collectOptionalParts('aix-ppc64');
    expect(parts.at(-1)).toMatchObject({
      name: '@matrixai/quic',
      installed: false,
      missing: 'there is no binary for aix-ppc64',
    });
  });

  it('says what does not load or is not there', () => {
    const info: InfoDocument = {
      version: '0',
      protocolVersions: [1],
      node: 'v20',
      platform: 'linux x64',
      cryptoProviders: [
        { name: 'sodium-native', loads: false, chosen: false, reason: 'no binary for this system' },
        { name: 'node', loads: true, chosen: true },
      ],
      transports: [
        { name: 'websocket', available: false, reason: 'the package ws is not installed' },
      ],
      optionalParts: [
        { name: 'ws', installed: false, gives: 'WebSocket', missing: 'npm install ws' },
      ],
      paths: { home: '', identity: '', knownHosts: '' },
    };
    const lines = formatInfo(info, plainPaint);
    expect(lines).toContain('  sodium-native  does not load: no binary for this system');
    expect(lines).toContain('  node           chosen');
    expect(lines).toContain('  websocket  the package ws is not installed');
    expect(lines).toContain('  ws  missing, would give WebSocket (npm install ws)');
  });
});
