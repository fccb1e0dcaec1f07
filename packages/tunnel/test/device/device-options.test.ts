import { describe, expect, it } from 'vitest';
import { checkDeviceName, checkMtu } from '../../src/device/device-name.js';
import { runTools, type ToolCommand } from '../../src/device/interface-settings.js';
import { openTunDevice } from '../../src/device/open-device.js';

describe('checkDeviceName', () => {
  it.each(['vcl0', 'vcl%d', 'a', 'tun-0.1_x', '123456789012345'])('takes %s', (name) => {
    expect(() => checkDeviceName(name)).not.toThrow();
  });

  it.each([
    '',
    '.',
    '..',
    '-rf',
    'a b',
    'a/b',
    'a:1',
    '%d',
    '%dvcl',
    'a%s',
    'ü',
    'a;b',
    'a\0',
    '1234567890123456',
    7,
    undefined,
  ])('refuses %s', (name) => {
    expect(() => checkDeviceName(name)).toThrow(/^name: /);
  });
});

describe('checkMtu', () => {
  it.each([575, 65_536, 1420.5, '1420', Number.NaN])('refuses %s', (mtu) => {
    expect(() => checkMtu(mtu)).toThrow(/^mtu: /);
  });

  it('takes the least and the most', () => {
    expect([576, 65_535].map(checkMtu)).toEqual([undefined, undefined]);
  });
});

describe('openTunDevice', () => {
  it('checks its options before it touches the system', () => {
    expect(() => openTunDevice({ name: 'a/b', mtu: 1420 })).toThrow(/^name: /);
    expect(() => openTunDevice({ name: 'vcl0', mtu: 1 })).toThrow(/^mtu: /);
  });
});

describe('runTools', () => {
  const commands: ToolCommand[] = [
    ['a', '1'],
    ['b', '2', '3'],
  ];

  it('runs one after the other', async () => {
    const log: string[] = [];
    await runTools(commands, async (file, args) => void log.push(`${file} ${args.join(' ')}`));
    expect(log).toEqual(['a 1', 'b 2 3']);
  });

  it('stops at the first that fails', async () => {
    const log: string[] = [];
    const failing = async (file: string) => {
      log.push(file);
      throw new Error(file);
    };
    await expect(runTools(commands, failing)).rejects.toThrow('a');
    expect(log).toEqual(['a']);
  });

  it('tells what a real program printed', async () => {
    const script = 'console.error("no such interface"); process.exit(2)';
    const run = runTools([[process.execPath, '-e', script]]);
    await expect(run).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('no such interface'),
    });
  });

  it('gives a shell nothing to read', async () => {
    const script = 'process.exit(process.argv[1] === "$(id);`id`" ? 0 : 1)';
    await expect(runTools([[process.execPath, '-e', script, '$(id);`id`']])).resolves.toBe(
      undefined,
    );
  });
});
