import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { invitationId, SqlitePeerStore } from '@vcl-protocol/tunnel';
import { encodePublicKey, loadKeyFile } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { loadClientConfig } from '../../src/tunnel/config/load-config.js';
import { decodeInvitation } from '../../src/tunnel/invite/invitation-line.js';
import { vcl } from '../support/fake-io.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

async function madeServer(...more: readonly string[]) {
  const directory = temporaryDirectory();
  await vcl(['init', 'server', '--dir', directory, ...more]);
  const invite = (...args: readonly string[]) =>
    vcl(['invite', '--config', join(directory, 'server.toml'), ...args]);
  return { directory, invite };
}

async function invitations(directory: string) {
  const store = await SqlitePeerStore.open(join(directory, 'peers.sqlite'));
  const { invitations: found } = await store.read();
  await store.close();
  return found;
}

const ENDPOINT = ['--endpoint', 'vpn.example.org:51820'];

describe('invitations that are open', () => {
  it('are listed until they are withdrawn, by name or by the beginning of their id', async () => {
    const { directory, invite } = await madeServer(...ENDPOINT);
    expect((await invite('list')).out).toBe('no invitation is open\n');
    await invite('--name', 'phone');
    await invite('--uses', '3');
    const [listed, json] = [await invite('list'), await invite('list', '--json')];
    expect(listed.out).toMatch(/^[0-9a-f]{12} {2}until \d{4}-\S+Z {2}1 device {2}phone$/m);
    expect(listed.out).toMatch(/^[0-9a-f]{12} {2}until \d{4}-\S+Z {2}3 devices$/m);
    const nameless = JSON.parse(json.out).invitations.find(({ name }: { name: string }) => !name);
    expect((await invite('withdraw', 'phone')).out).toBe('phone is taken back\n');
    expect((await invite('withdraw', nameless.id.slice(0, 12))).exitCode).toBe(0);
    expect((await invite('list')).out).toBe('no invitation is open\n');
    expect(await invitations(directory)).toEqual([]);
  });

  it.each(['', 'phone', 'f'.repeat(64)])(
    'are meant by their name or id: %s is none',
    async (text) => {
      const { invite } = await madeServer(...ENDPOINT);
      await invite('--name', 'laptop');
      const { exitCode, err } = await invite('withdraw', text);
      expect([exitCode, err]).toEqual([64, expect.stringContaining('vcl invite list shows them')]);
    },
  );

  it('are not withdrawn when several are meant', async () => {
    const { directory, invite } = await madeServer(...ENDPOINT);
    for (let i = 0; i < 2; i++) await invite('--name', 'phone');
    expect((await invite('withdraw', 'phone')).exitCode).toBe(64);
    expect((await invitations(directory)).every(({ usesLeft }) => usesLeft === 1)).toBe(true);
  });
});

describe('vcl invite', () => {
  it('prints a line that sets a device up, below a QR code', async () => {
    const { directory, invite } = await madeServer(...ENDPOINT);
    const { exitCode, out, err } = await invite('--name', 'phone');
    expect([exitCode, err]).toEqual([0, '']);
    const line = /^vcl-invite:1:\S+$/m.exec(out)![0];
    expect(out).toMatch(/[█▀▄]{20}/);
    expect(out).toMatch(/\ngood until \d{4}-\S+Z, for 1 device; whoever has it gets in\n/);
    const client = join(directory, 'client');
    expect((await vcl(['init', 'client', '--dir', client, '--invite', line])).exitCode).toBe(0);
    const { publicKey } = await loadKeyFile(join(directory, 'server.identity'));
    expect(await loadClientConfig(join(client, 'client.toml'))).toMatchObject({
      server: 'vpn.example.org:51820',
      server_key: encodePublicKey(publicKey),
      mtu: 1_420,
    });
  });

  it('is known to the server by a hash of its secret, with its name, end and uses', async () => {
    const { directory, invite } = await madeServer(...ENDPOINT);
    const before = Date.now();
    const { out } = await invite('--name', 'phone', '--expires', '2h', '--uses', '3', '--json');
    const document = JSON.parse(out);
    expect(Object.keys(document)).toEqual(['invitation', 'expiresAt', 'uses']);
    const { secret } = decodeInvitation(document.invitation);
    expect(await invitations(directory)).toEqual([
      { id: invitationId(secret), name: 'phone', expiresAt: document.expiresAt, usesLeft: 3 },
    ]);
    expect(document.expiresAt - before).toBeGreaterThanOrEqual(2 * 3_600_000);
  });

  it('has another secret each time', async () => {
    const { directory, invite } = await madeServer(...ENDPOINT);
    await invite();
    await invite();
    expect(new Set((await invitations(directory)).map(({ id }) => id)).size).toBe(2);
  });

  it('has to know how the server is reached', async () => {
    const { directory, invite } = await madeServer();
    const { exitCode, err } = await invite();
    expect(exitCode).toBe(64);
    expect(err).toContain(`set endpoint in ${join(directory, 'server.toml')}, or give --endpoint`);
    const { exitCode: given, out } = await invite('--endpoint', '192.0.2.1:443', '--json');
    expect(given).toBe(0);
    expect(decodeInvitation(JSON.parse(out).invitation).endpoint).toBe('192.0.2.1:443');
  });

  it.each([
    [['--endpoint', 'nowhere']],
    [['--endpoint', 'bücher.example:51820']],
    [['--endpoint', 'host:0']],
    [['--name', 'a\u001b[2Jb']],
    [['--expires', '0h']],
    [['--expires', '1 week']],
    [['--uses', '0']],
    [['--uses', '1000']],
  ])('refuses %j, and invites nobody', async (args) => {
    const { directory, invite } = await madeServer(...ENDPOINT);
    const { exitCode, out, err } = await invite(...args);
    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toContain(args[0] === '--endpoint' ? 'endpoint' : args[0]);
    expect(await invitations(directory)).toEqual([]);
  });

  it('needs the key of the server', async () => {
    const { directory, invite } = await madeServer(...ENDPOINT);
    rmSync(join(directory, 'server.identity'));
    const { exitCode, err } = await invite();
    expect(exitCode).toBe(74);
    expect(err).toContain(`the server has no key yet: no file ${directory}/server.identity; `);
    expect(await invitations(directory)).toEqual([]);
  });
});
