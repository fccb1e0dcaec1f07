import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, KeyPair, loadKeyFile } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import { CLIENT_FIELDS } from '../../src/tunnel/config/client-config.js';
import { loadClientConfig, loadServerConfig } from '../../src/tunnel/config/load-config.js';
import { SERVER_FIELDS } from '../../src/tunnel/config/server-config.js';
import { encodeInvitation } from '../../src/tunnel/invite/invitation-line.js';
import { vcl } from '../support/fake-io.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const KEY = encodePublicKey(KeyPair.generate().publicKey);
const SECRET = new Uint8Array(32).fill(0xa5);
const INVITATION = encodeInvitation({
  endpoint: 'vpn.example.org:51820',
  serverKey: KEY,
  secret: SECRET,
  mtu: 1_400,
});

/** The lines that are neither comments nor empty. */
function settings(path: string): string[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.filter((line) => line !== '' && !line.startsWith('#'));
}

/** The same file with every example in it switched on. */
function withExamples(path: string, names: readonly string[]): string {
  const isExample = new RegExp(`^# (?=(${names.join('|')}) = )`);
  const lines = readFileSync(path, 'utf8').split('\n');
  return lines.map((line) => line.replace(isExample, '')).join('\n');
}

describe('vcl init server', () => {
  it('writes a configuration that loads, a key that only its owner reads, and says what is next', async () => {
    const directory = join(temporaryDirectory(), 'new', 'folder');
    const args = ['--dir', directory, '--endpoint', 'vpn.example.org:51820', '--device', 'vcl7'];
    const { exitCode, out, err } = await vcl(['init', 'server', ...args]);
    expect([exitCode, err]).toEqual([0, '']);
    const [config, identity] = [join(directory, 'server.toml'), join(directory, 'server.identity')];
    expect(await loadServerConfig(config)).toMatchObject({
      endpoint: 'vpn.example.org:51820',
      device: 'vcl7',
      addresses: ['10.8.0.1/24', 'fd08::1/64'],
      identity,
      store: join(directory, 'peers.sqlite'),
    });
    expect(settings(config).length).toBeLessThanOrEqual(12);
    for (const path of [config, identity]) expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    const key = encodePublicKey((await loadKeyFile(identity)).publicKey);
    expect(out).toBe(
      `wrote ${config} and ${identity}\npublic key: ${key}\n` +
        'next: vcl server, then vcl invite for each device\n',
    );
  });

  it('explains every field, with an example that is right', async () => {
    const directory = temporaryDirectory();
    const config = join(directory, 'server.toml');
    await vcl(['init', 'server', '--dir', directory]);
    const names = SERVER_FIELDS.map(([name]) => name);
    for (const [name, meaning] of SERVER_FIELDS) {
      expect(readFileSync(config, 'utf8')).toMatch(new RegExp(`# .*\n(# )?${name} = `));
      expect(readFileSync(config, 'utf8')).toContain(`# ${meaning}\n`);
    }
    writeFileSync(config, withExamples(config, names));
    expect(settings(config)).toHaveLength(names.length);
    expect(Object.keys(await loadServerConfig(config)).sort()).toEqual([...names].sort());
  });

  it('overwrites nothing: exit code 73', async () => {
    const directory = temporaryDirectory();
    const args = ['init', 'server', '--dir', directory];
    await vcl(args);
    const files = ['server.toml', 'server.identity'].map((name) => join(directory, name));
    const before = files.map((path) => readFileSync(path, 'utf8'));
    const { exitCode, out, err } = await vcl([...args, '--device', 'vcl9']);
    expect([exitCode, out]).toEqual([73, '']);
    expect(err).toMatch(
      /^vcl: .*server\.toml exists and was left as it is: .*--dir \(IoError\)\n$/,
    );
    expect(files.map((path) => readFileSync(path, 'utf8'))).toEqual(before);
  });

  it('takes a key that is there already', async () => {
    const directory = temporaryDirectory();
    const identity = join(directory, 'server.identity');
    const made = await vcl(['keygen', identity, '--json']);
    const { out } = await vcl(['init', 'server', '--dir', directory, '--json']);
    expect(JSON.parse(out)).toEqual({
      config: join(directory, 'server.toml'),
      identity,
      publicKey: JSON.parse(made.out).publicKey,
    });
  });

  it('leaves nothing when the key that is there is damaged', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'server.identity'), 'nothing of the sort', { mode: 0o600 });
    expect((await vcl(['init', 'server', '--dir', directory])).exitCode).toBe(65);
    expect(existsSync(join(directory, 'server.toml'))).toBe(false);
  });

  it('tells a directory that is none', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const { exitCode, err } = await vcl(['init', 'server', '--dir', join(file, 'below')]);
    expect(exitCode).toBe(74);
    expect(err).toMatch(/^vcl: .*server\.toml cannot be written \(ENOTDIR\): .*\(IoError\)\n$/);
  });
});

describe('vcl init client', () => {
  it('takes an invitation, and shows nothing of its secret', async () => {
    const directory = temporaryDirectory();
    const { exitCode, out, err } = await vcl([
      'init',
      'client',
      '-d',
      directory,
      '--invite',
      INVITATION,
    ]);
    expect([exitCode, err]).toEqual([0, '']);
    const config = join(directory, 'client.toml');
    const secret = Buffer.from(SECRET).toString('base64url');
    expect(await loadClientConfig(config)).toMatchObject({
      server: 'vpn.example.org:51820',
      server_key: KEY,
      mtu: 1_400,
      invitation: secret,
    });
    expect(settings(config).length).toBeLessThanOrEqual(12);
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(out).not.toContain(secret.slice(0, 8));
    expect(out).toMatch(/\nnext: vcl up\n$/);
  });

  it('without one says which key the server has to be told', async () => {
    const directory = temporaryDirectory();
    const args = ['--server', 'host:1', '--server-key', KEY, '--routes', '10.0.0.0/8, fd00::/8'];
    const { out } = await vcl(['init', 'client', '--dir', directory, ...args]);
    const key = encodePublicKey((await loadKeyFile(join(directory, 'client.identity'))).publicKey);
    expect(out).toContain(`\nnext: at the server, vcl peers add ${key}; here, vcl up\n`);
    const config = join(directory, 'client.toml');
    expect((await loadClientConfig(config)).routes).toEqual(['10.0.0.0/8', 'fd00::/8']);
    const names = CLIENT_FIELDS.map(([name]) => name).filter((name) => name !== 'invitation');
    writeFileSync(config, withExamples(config, names));
    expect(Object.keys(await loadClientConfig(config)).sort()).toEqual([...names].sort());
  });

  it.each([
    [[], 'a client has to know its server: give --invite, or --server and --server-key'],
    [['--server', 'host:1'], 'a client has to know its server'],
    [['--invite', INVITATION.slice(0, -3)], 'copy all of its line'],
    [['--invite', INVITATION, '--server', 'host:1'], 'the invitation names the server'],
    [
      ['--server', 'host:1', '--server-key', 'vcl-ed25519:AAAA'],
      'server_key: must be a public key',
    ],
    [['--invite', INVITATION, '--device', '../vcl0'], 'device: must be a name'],
    [['--invite', INVITATION, '--listen', '[::]:1'], '--listen is for init server'],
  ])('with %j writes nothing: exit code 64', async (args, told) => {
    const directory = temporaryDirectory();
    const { exitCode, out, err } = await vcl(['init', 'client', '--dir', directory, ...args]);
    expect([exitCode, out]).toEqual([64, '']);
    expect(err).toContain(told);
    expect(err).not.toContain(INVITATION.slice(60, 70));
    expect(existsSync(join(directory, 'client.toml'))).toBe(false);
    expect(existsSync(join(directory, 'client.identity'))).toBe(false);
  });

  it('in the wrong place does not repeat an invitation', async () => {
    const { exitCode, err } = await vcl(['init', INVITATION]);
    expect(exitCode).toBe(64);
    expect(err).toBe('vcl: init takes server or client, before all options (InvalidConfig)\n');
  });
});
