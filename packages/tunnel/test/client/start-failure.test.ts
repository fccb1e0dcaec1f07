import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyPair } from 'vcl-protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createMemoryTun, ReconnectConfig, TunnelConfig, VCLTunnel } from '../../src/index.js';
import type { Command } from '../../src/system/command.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'vcl-start-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const config = TunnelConfig.home('', '', {
  server: '127.0.0.1:9',
  peerKey: KeyPair.generate().publicKey,
  identity: KeyPair.generate(),
});

/** What a tunnel is given, where a process that was killed has left a route to be replaced. */
function machine() {
  const journal = join(folder, 'vcl0.journal');
  const undo = [{ kind: 'command', program: 'ip', args: ['route', 'delete'], waitsForNext: true }];
  writeFileSync(journal, JSON.stringify({ version: 1, pid: 2 ** 30, started: '', undo }));
  const commands: string[] = [];
  const run = async ({ args }: Command): Promise<string> => {
    commands.push(args.join(' '));
    return '';
  };
  return { journal, commands, run, tun: createMemoryTun({ name: 'vcl0' }) };
}

describe('a tunnel that cannot be started', () => {
  it('leaves neither its device nor its journal open when the device cannot be read', async () => {
    const { journal, commands, run, tun } = machine();
    tun.device.start = () => {
      throw new Error('the system waits for no more');
    };
    const parts = { tun: tun.device, journal, run };
    await expect(VCLTunnel.withConfig(config, parts)).rejects.toThrow('waits for no more');
    expect([tun.isClosed, existsSync(journal), commands]).toEqual([true, false, ['route delete']]);
  });

  it('does so as well when its settings are wrong', async () => {
    const { journal, run, tun } = machine();
    const wrong = config.withReconnect({ ...ReconnectConfig.instant(), maxAttempts: -1 });
    const parts = { tun: tun.device, journal, run };
    await expect(VCLTunnel.withConfig(wrong, parts)).rejects.toThrow('reconnect.maxAttempts');
    expect([tun.isClosed, existsSync(journal)]).toEqual([true, false]);
  });

  it('keeps nobody from starting another one of that name', async () => {
    const { journal, run, tun } = machine();
    await tun.device.close();
    const parts = { tun: tun.device, journal, run };
    await expect(VCLTunnel.withConfig(config, parts)).rejects.toThrow('is closed');
    const { device } = createMemoryTun({ name: 'vcl0' });
    const tunnel = await VCLTunnel.withConfig(config, { ...parts, tun: device });
    await tunnel.stop();
  });

  it('says why it could not be started, and logs what could not be undone', async () => {
    const { journal, tun } = machine();
    await tun.device.close();
    const errors: string[] = [];
    const ignore = () => {};
    const error = (fields: object, message: string) => {
      errors.push(`${message}: ${Object.values(fields)}`);
    };
    const logger = { error, warn: ignore, info: ignore, debug: ignore };
    const run = () => Promise.reject(new Error('RTNETLINK: refused'));
    const parts = { tun: tun.device, journal, run, logger };
    await expect(VCLTunnel.withConfig(config, parts)).rejects.toThrow('is closed');
    expect(errors).toEqual([expect.stringMatching(/^not everything could be undone: .*refused/)]);
  });
});
