import { readFile, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { KeyPair } from '../../src/crypto.js';
import { encodePublicKey, fingerprint } from '../../src/identity/public-key.js';
import { defaultKnownHostsPath, KnownHosts } from '../../src/node/identity/known-hosts.js';
import { useTemporaryDirectory } from './temporary-directory.js';

const A = key(1);
const B = key(2);
const HOST = '[::1]:8080';
const onPosix = it.skipIf(process.platform === 'win32');
const inside = useTemporaryDirectory();

describe.each(['in memory', 'in a file'])('KnownHosts %s', (kind) => {
  const store = () => new KnownHosts(kind === 'in memory' ? undefined : inside('known_hosts'));

  it('knows nobody at first', async () => {
    expect(await store().lookup(HOST, A)).toBe('unknown');
  });

  it('recognises what was added, however the host is written', async () => {
    const hosts = store();
    expect(await hosts.add('[0::1]:8080', A)).toBe(true);
    expect(await hosts.lookup(HOST, A)).toBe('match');
    expect(await hosts.lookup('[::1]:8081', A)).toBe('unknown');
    expect(await hosts.add(HOST, A)).toBe(false);
  });

  it('tells which key it expected and where it stands', async () => {
    const hosts = store();
    await hosts.add('other:1', B);
    await hosts.add(HOST, A);
    expect(await hosts.lookup(HOST, B)).toEqual({ changed: Uint8Array.from(A), line: 2 });
  });

  it('does not add a second key to a host', async () => {
    const hosts = store();
    await hosts.add(HOST, A);
    await expect(hosts.add(HOST, B)).rejects.toMatchObject({ code: 'IdentityChanged' });
    expect(await hosts.lookup(HOST, A)).toBe('match');
  });

  it('adds a host once when asked many times at once', async () => {
    const hosts = store();
    const added = await Promise.all(Array.from({ length: 10 }, () => hosts.add(HOST, A)));
    expect(added).toEqual([true, ...Array(9).fill(false)]);
  });

  it('refuses a host it could not write down', async () => {
    await expect(store().add('two words:1', A)).rejects.toMatchObject({ code: 'InvalidConfig' });
    await expect(store().lookup('portless', A)).rejects.toMatchObject({ code: 'InvalidConfig' });
  });
});

describe('the file', () => {
  it('has one host and key a line', async () => {
    const hosts = new KnownHosts(inside('known_hosts'));
    await hosts.add('Example.com:80', A);
    await hosts.add(HOST, B);
    expect(await contents()).toBe(
      `example.com:80 ${encodePublicKey(A)}\n[::1]:8080 ${encodePublicKey(B)}\n`,
    );
  });

  onPosix('is made with mode 0600 in a directory of mode 0700', async () => {
    await new KnownHosts(inside('.vcl', 'known_hosts')).add(HOST, A);
    expect((await stat(inside('.vcl', 'known_hosts'))).mode & 0o777).toBe(0o600);
    expect((await stat(inside('.vcl'))).mode & 0o777).toBe(0o700);
  });

  it('keeps comments, blank lines and keys of other kinds', async () => {
    const before = `# mine\n\n  \nhost:1 vcl-mldsa65:AAAA later\nhost:2 ${encodePublicKey(A)} office\n`;
    await writeFile(inside('known_hosts'), before);
    const hosts = new KnownHosts(inside('known_hosts'));
    expect(await hosts.lookup('host:2', A)).toBe('match');
    expect(await hosts.lookup('host:1', A)).toBe('unknown');
    await hosts.add(HOST, B);
    expect(await contents()).toBe(`${before}${HOST} ${encodePublicKey(B)}\n`);
  });

  it('accepts any of several keys that a user listed for a host', async () => {
    const lines = [A, B].map((each) => `Host:2 ${encodePublicKey(each)}\r\n`).join('');
    await writeFile(inside('known_hosts'), lines);
    const hosts = new KnownHosts(inside('known_hosts'));
    expect([await hosts.lookup('host:2', A), await hosts.lookup('host:2', B)]).toEqual([
      'match',
      'match',
    ]);
    expect(await hosts.lookup('host:2', key(3))).toMatchObject({ line: 1 });
  });

  it('begins a new line when the last one was left open', async () => {
    await writeFile(inside('known_hosts'), '# no line break');
    const hosts = new KnownHosts(inside('known_hosts'));
    await hosts.add(HOST, A);
    expect(await contents()).toBe(`# no line break\n${HOST} ${encodePublicKey(A)}\n`);
  });

  it('loses no line when many write at once', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `host${i}:80`);
    await Promise.all(names.map((name) => new KnownHosts(inside('known_hosts')).add(name, A)));
    const lines = (await contents()).trimEnd().split('\n');
    expect(lines.sort()).toEqual(names.map((name) => `${name} ${encodePublicKey(A)}`).sort());
  });

  it.each([
    ['host:1', 2],
    ['host:1 vcl-ed25519:short', 2],
    [`host:1 ${encodePublicKey(A)}x`, 2],
    [encodePublicKey(A), 2],
  ])('is refused by name and line for %j', async (line, number) => {
    await writeFile(inside('known_hosts'), `# first\n${line}\n`);
    await expect(new KnownHosts(inside('known_hosts')).lookup(HOST, A)).rejects.toMatchObject({
      code: 'InvalidKey',
      message: expect.stringContaining(
        `${inside('known_hosts')}:${number}: not of the form 'host:port vcl-ed25519:...'`,
      ),
    });
  });

  it('is reported by name when it cannot be read or written', async () => {
    const error = { code: 'IoError', message: expect.stringContaining(inside()) };
    await expect(new KnownHosts(inside()).lookup(HOST, A)).rejects.toMatchObject(error);
    await writeFile(inside('file'), '');
    const below = new KnownHosts(inside('file', 'known_hosts'));
    await expect(below.add(HOST, A)).rejects.toMatchObject(error);
  });
});

describe('a changed identity', () => {
  it('names both fingerprints, the file, the line and what to do', async () => {
    const path = inside('known_hosts');
    const hosts = new KnownHosts(path);
    await hosts.add(HOST, A);
    const error: unknown = await hosts.add(HOST, B).catch((reason: unknown) => reason);
    expect(String(error)).toContain(`known in line 1 of ${path} is ${fingerprint(A)}`);
    expect(String(error)).toContain(`it showed ${fingerprint(B)}`);
    expect(String(error)).toContain(`If the change is expected, remove line 1 of ${path}`);
  });

  it('does not speak of a file when there is none', async () => {
    const hosts = new KnownHosts();
    await hosts.add(HOST, A);
    await expect(hosts.add(HOST, B)).rejects.toThrow('use a new store and connect again');
  });
});

describe('the default path', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(['', undefined])('is ~/.vcl/known_hosts when VCL_HOME is %j', (value) => {
    vi.stubEnv('VCL_HOME', value);
    expect(defaultKnownHostsPath()).toBe(join(homedir(), '.vcl', 'known_hosts'));
  });

  it('is in VCL_HOME when that is set', () => {
    vi.stubEnv('VCL_HOME', inside('home'));
    expect(KnownHosts.default().path).toBe(inside('home', 'known_hosts'));
  });
});

function key(seed: number): Uint8Array {
  return KeyPair.fromSeed(new Uint8Array(32).fill(seed)).publicKey;
}

function contents(): Promise<string> {
  return readFile(inside('known_hosts'), 'utf8');
}
