import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type Peer, SqlitePeerStore } from '@vcl-protocol/tunnel';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { type Outcome, vcl } from '../support/fake-io.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const KEY = encodePublicKey(KeyPair.fromSeed(new Uint8Array(32)).publicKey);

/** A server's configuration in a directory of its own, and the command for its peers. */
async function madeServer() {
  const directory = temporaryDirectory();
  await vcl(['init', 'server', '--dir', directory]);
  const config = join(directory, 'server.toml');
  const store = join(directory, 'peers.sqlite');
  const peers = (verb: string, ...args: readonly string[]): Promise<Outcome> =>
    vcl(['peers', verb, ...args, '--config', config]);
  return { store, peers };
}

function newKey(): string {
  return encodePublicKey(KeyPair.generate().publicKey);
}

async function stored(path: string): Promise<readonly Peer[]> {
  const store = await SqlitePeerStore.open(path);
  const { peers } = await store.read();
  await store.close();
  return peers;
}

describe('vcl peers', () => {
  it('adds a device, lists it and removes it by its name', async () => {
    const { store, peers } = await madeServer();
    const key = newKey();
    expect(await peers('list')).toEqual({
      exitCode: 0,
      out: 'nobody is let in: vcl invite, or vcl peers add\n',
      err: '',
    });
    const added = await peers('add', key, '--name', 'laptop', '--allowed-ips', '192.168.7.9/24');
    expect(added).toEqual({ exitCode: 0, out: 'laptop is let in\n', err: '' });
    expect(await stored(store)).toMatchObject([
      {
        publicKey: key,
        name: 'laptop',
        addresses: [],
        allowedIps: ['192.168.7.0/24'],
        enabled: true,
      },
    ]);
    expect(statSync(store).mode & 0o777).toBe(0o600);
    const { out } = await peers('list');
    expect(out).toMatch(new RegExp(`^laptop  ${key}  .*192\\.168\\.7\\.0/24\n$`));
    const removed = await peers('remove', 'laptop');
    expect(removed).toEqual({ exitCode: 0, out: 'laptop is let in no more\n', err: '' });
    expect(await stored(store)).toEqual([]);
  });

  it('prints one document with --json', async () => {
    const { peers } = await madeServer();
    const key = newKey();
    await peers('add', key);
    const document = JSON.parse((await peers('list', '--json')).out);
    expect(Object.keys(document)).toEqual(['peers', 'leases']);
    expect(document.peers[0]).toMatchObject({ publicKey: key, name: '', enabled: true });
  });

  it('keeps what was said of a device before, where nothing else is said', async () => {
    const { store, peers } = await madeServer();
    const key = newKey();
    await peers('add', key, '--name', 'laptop', '--address', '10.8.0.9');
    await peers('add', key, '--name', 'office');
    expect(await stored(store)).toMatchObject([{ name: 'office', addresses: ['10.8.0.9'] }]);
  });

  it('removes by key where a name belongs to several, and says so where it is not', async () => {
    const { store, peers } = await madeServer();
    const [first, second] = [newKey(), newKey()];
    for (const key of [first, second]) await peers('add', key, '--name', 'laptop');
    const { exitCode, err } = await peers('remove', 'laptop');
    expect(exitCode).toBe(64);
    expect(err).toMatch(/^vcl: 'laptop' is the name of several: vcl peers list shows /);
    expect((await peers('remove', first)).exitCode).toBe(0);
    expect((await stored(store)).map(({ publicKey }) => publicKey)).toEqual([second]);
  });

  it('removes the device with a key, whoever else calls itself so', async () => {
    const { store, peers } = await madeServer();
    const key = newKey();
    await peers('add', key);
    const impostor: Peer = {
      publicKey: newKey(),
      name: key,
      addresses: [],
      allowedIps: [],
      addedAt: 0,
      expiresAt: undefined,
      enabled: true,
    };
    const opened = await SqlitePeerStore.open(store);
    await opened.putPeer(impostor);
    await opened.close();
    expect((await peers('remove', key)).exitCode).toBe(0);
    expect(await stored(store)).toMatchObject([{ publicKey: impostor.publicKey }]);
  });

  it('shows a name that a device has given itself, and no terminal obeys it', async () => {
    const { store, peers } = await madeServer();
    await peers('add', newKey());
    const [peer] = await stored(store);
    const opened = await SqlitePeerStore.open(store);
    await opened.putPeer({ ...peer!, name: 'a\u202eb\u001b[2J' });
    await opened.close();
    expect((await peers('list')).out).toMatch(/^a\\u202eb\\u001b\[2J {2}vcl-ed25519:/);
  });

  it.each([
    [['add', 'vcl-ed25519:AAAA'], 65, 'vcl-ed25519:AAAA'],
    [['add', KEY, '--address', '10.9.0.1'], 64, '10.9.0.1 is in none of the networks'],
    [['add', KEY, '--address', '10.8.0.1'], 64, "10.8.0.1 is the server's own"],
    [['add', KEY, '--address', '10.8.0.0/24'], 64, '--address'],
    [['add', KEY, '--address', '10.8.0.7', '10.8.0.8'], 64, 'one of each family'],
    [['add', KEY, '--allowed-ips', 'here'], 64, '--allowed-ips'],
    [['add', KEY, '--allowed-ips', '10.8.0.0/24'], 64, "10.8.0.0/24 is the tunnel's own network"],
    [['add', KEY, '--name', 'n'.repeat(49)], 64, '--name'],
    [['remove', 'nobody'], 64, "'nobody' is nobody who is let in"],
    [['remove', ''], 64, 'is nobody who is let in'],
  ])('refuses %j', async ([verb, ...args], code, told) => {
    const { store, peers } = await madeServer();
    const { exitCode, out, err } = await peers(verb!, ...args);
    expect([exitCode, out]).toEqual([code, '']);
    expect(err).toContain(told);
    expect(await stored(store)).toEqual([]);
  });

  it('gives no two devices one address', async () => {
    const { peers } = await madeServer();
    await peers('add', newKey(), '--name', 'first', '--address', '10.8.0.9', 'fd08:0::9');
    for (const address of ['10.8.0.9', 'fd08::9', 'fd08::0009']) {
      const { exitCode, err } = await peers('add', newKey(), '--address', address);
      expect(exitCode).toBe(64);
      expect(err).toContain('belongs to first');
    }
  });

  it('puts no network behind two devices', async () => {
    const { store, peers } = await madeServer();
    const key = newKey();
    await peers('add', key, '--name', 'first', '--allowed-ips', '192.168.7.0/24', 'fd77::/64');
    for (const network of ['192.168.7.9/24', 'fd77:0::1/64']) {
      const { exitCode, err } = await peers('add', newKey(), '--allowed-ips', network);
      expect(exitCode).toBe(64);
      expect(err).toContain('is behind first');
    }
    expect((await peers('add', key, '--allowed-ips', '192.168.7.0/24')).exitCode).toBe(0);
    expect((await peers('add', newKey(), '--allowed-ips', '192.168.7.0/25')).exitCode).toBe(0);
    expect((await stored(store)).map(({ allowedIps }) => allowedIps).sort()).toEqual([
      ['192.168.7.0/24'],
      ['192.168.7.0/25'],
    ]);
  });

  it('needs the configuration of a server, and names the one it misses', async () => {
    const config = join(temporaryDirectory(), 'server.toml');
    const { exitCode, err } = await vcl(['peers', 'list', '--config', config]);
    expect(exitCode).toBe(74);
    expect(err).toContain(`${config}: there is no such file: make one with \`vcl init\``);
  });
});
