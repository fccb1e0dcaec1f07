import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { vcl } from '../support/fake-io.js';

const FOLDER = new URL('../../systemd/', import.meta.url);

/** The sections and keys of systemd.unit(5), systemd.service(5) and systemd.exec(5) that are in use. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  Unit: ['Description', 'Wants', 'After', 'AssertPathExists'],
  Service: [
    'Type',
    'ExecStart',
    'ExecReload',
    'Restart',
    'RestartSec',
    'RestartPreventExitStatus',
    'KillMode',
    'TimeoutStopSec',
    'RuntimeDirectory',
    'RuntimeDirectoryPreserve',
    'UMask',
    'CapabilityBoundingSet',
    'NoNewPrivileges',
    'ProtectSystem',
    'ReadWritePaths',
    'ProtectHome',
    'PrivateTmp',
    'DevicePolicy',
    'DeviceAllow',
    'RestrictAddressFamilies',
    'RestrictNamespaces',
    'RestrictRealtime',
    'RestrictSUIDSGID',
    'LockPersonality',
    'ProtectClock',
    'ProtectControlGroups',
    'ProtectHostname',
    'ProtectKernelLogs',
    'ProtectKernelModules',
    'SystemCallArchitectures',
  ],
  Install: ['WantedBy'],
};

/** Each `Section.Key` once, with its value. @throws for a line that is none, and for a repeated key */
function parseUnit(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let section = '';
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const header = /^\[(\w+)\]$/.exec(line)?.[1];
    const [, key, value] = /^(\w+)=(\S.*)$/.exec(line) ?? [];
    if (header !== undefined) section = header;
    else if (key === undefined || found.has(`${section}.${key}`))
      throw new Error(`what is ${line}`);
    else found.set(`${section}.${key}`, value!);
  }
  return found;
}

function unit(name: string): ReadonlyMap<string, string> {
  return parseUnit(readFileSync(new URL(name, FOLDER), 'utf8'));
}

describe.each([
  ['vcl-server@.service', 'server', ['64', '65']],
  ['vcl@.service', 'up', ['64', '65', '77']],
])('%s', (name, command, final) => {
  it('has sections and keys that systemd knows', () => {
    const known = Object.entries(KNOWN).flatMap(([section, keys]) =>
      keys.map((key) => `${section}.${key}`),
    );
    const keys = [...unit(name).keys()];
    expect(keys.filter((key) => !known.includes(key))).toEqual([]);
    expect(new Set(keys.map((key) => key.split('.')[0]))).toEqual(new Set(Object.keys(KNOWN)));
  });

  it('runs a command that there is, with the file that it is named after', async () => {
    const [env, program, subcommand, ...args] = unit(name).get('Service.ExecStart')!.split(' ');
    expect([env, program, subcommand]).toEqual(['/usr/bin/env', 'vcl', command]);
    const { exitCode, out } = await vcl([subcommand!, '--help']);
    expect(exitCode).toBe(0);
    expect(out).toContain(`Usage: vcl ${subcommand} [options] [config]`);
    const words = args.map((arg) => arg.split('=', 1)[0]!);
    for (const flag of words.filter((word) => word.startsWith('-'))) expect(out).toContain(flag);
    expect(args.filter((arg) => !arg.startsWith('-'))).toEqual(['/etc/vcl/%i.toml']);
    expect(unit(name).get('Unit.AssertPathExists')).toBe('/etc/vcl/%i.toml');
  });

  it('is not started again after an error that stays, by the exit codes of its help', async () => {
    expect(unit(name).get('Service.RestartPreventExitStatus')!.split(' ')).toEqual(final);
    const { out } = await vcl([command, '--help']);
    for (const code of final) expect(out).toMatch(new RegExp(`^ +${code}  (?:the|a) \\w+`, 'm'));
    expect(out).toMatch(/^ +64 {2}the configuration is wrong$/m);
  });

  it('has the rights that a tunnel needs, and its files', () => {
    const found = unit(name);
    expect(found.get('Service.CapabilityBoundingSet')?.split(' ')).toContain('CAP_NET_ADMIN');
    expect(found.get('Service.DeviceAllow')).toBe('/dev/net/tun rw');
    expect(found.get('Service.RestrictAddressFamilies')?.split(' ').sort()).toEqual([
      'AF_INET',
      'AF_INET6',
      'AF_NETLINK',
      'AF_UNIX',
    ]);
    expect(found.get('Service.ReadWritePaths')).toBe('/etc/vcl');
    expect(found.get('Service.RuntimeDirectory')).toBe('vcl');
    expect(found.get('Service.RuntimeDirectoryPreserve')).toBe('yes');
  });

  it('ends by one signal to the process that takes its changes back', () => {
    expect(unit(name).get('Service.KillMode')).toBe('mixed');
  });
});

describe('the units', () => {
  it('are all tested, and packed', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(['vcl-server@.service', 'vcl@.service']);
    const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
    expect((JSON.parse(text) as { files: string[] }).files).toContain('systemd');
  });

  it('reload the server by the signal that it reads its configuration at', async () => {
    expect(unit('vcl-server@.service').get('Service.ExecReload')).toBe('/bin/kill -HUP $MAINPID');
    expect((await vcl(['server', '--help'])).out).toContain('SIGHUP reads its configuration again');
    expect(unit('vcl@.service').has('Service.ExecReload')).toBe(false);
  });
});
