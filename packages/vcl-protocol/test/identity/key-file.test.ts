import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { KeyPair } from '../../src/crypto.js';
import { loadKeyFile, loadOrCreateKeyFile, saveKeyFile } from '../../src/node/identity/key-file.js';
import { useTemporaryDirectory } from './temporary-directory.js';

const PAIR = KeyPair.fromSeed(new Uint8Array(32).fill(7));
const FILE = [
  'vcl-identity-v1',
  'public vcl-ed25519:6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw',
  'seed BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc',
  '',
].join('\n');
const onPosix = it.skipIf(process.platform === 'win32');
const inside = useTemporaryDirectory();

describe('saveKeyFile', () => {
  it('writes the documented three lines and leaves nothing else behind', async () => {
    await saveKeyFile(inside('id'), PAIR);
    expect(await readFile(inside('id'), 'utf8')).toBe(FILE);
    expect(await readdir(inside())).toEqual(['id']);
  });

  onPosix('makes a file of mode 0600 in directories of mode 0700', async () => {
    await saveKeyFile(inside('a', 'b', 'id'), PAIR);
    expect(await modeOf(inside('a', 'b', 'id'))).toBe(0o600);
    expect(await modeOf(inside('a', 'b'))).toBe(0o700);
  });

  it('does not replace an identity unless it is forced to', async () => {
    await saveKeyFile(inside('id'), PAIR);
    const other = KeyPair.generate();
    await expect(saveKeyFile(inside('id'), other)).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('it exists; { force: true } replaces it'),
    });
    expect((await loadKeyFile(inside('id'))).publicKey).toEqual(PAIR.publicKey);
    await saveKeyFile(inside('id'), other, { force: true });
    expect((await loadKeyFile(inside('id'))).publicKey).toEqual(other.publicKey);
    expect(await readdir(inside())).toEqual(['id']);
  });

  it('leaves the key pair as it was', async () => {
    const pair = KeyPair.generate();
    const seed = Uint8Array.from(pair.privateKey);
    await saveKeyFile(inside('id'), pair);
    expect(pair.privateKey).toEqual(seed);
  });

  it('says which file it could not write', async () => {
    await writeFile(inside('file'), '');
    await expect(saveKeyFile(inside('file', 'id'), PAIR)).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining(inside('file', 'id')),
    });
  });
});

describe('loadKeyFile', () => {
  it('reads back what was saved', async () => {
    const pair = KeyPair.generate();
    await saveKeyFile(inside('id'), pair);
    const loaded = await loadKeyFile(inside('id'));
    expect(loaded.publicKey).toEqual(pair.publicKey);
    expect(loaded.privateKey).toEqual(pair.privateKey);
    expect(loaded.sign(Uint8Array.of(1))).toEqual(pair.sign(Uint8Array.of(1)));
  });

  onPosix.each([0o640, 0o604, 0o620, 0o601, 0o777])('refuses mode %o', async (mode) => {
    await saveKeyFile(inside('id'), PAIR);
    await chmod(inside('id'), mode);
    await expect(loadKeyFile(inside('id'))).rejects.toMatchObject({
      code: 'InvalidKey',
      message: expect.stringContaining(`(mode 0${mode.toString(8)}): chmod 600 ${inside('id')}`),
    });
  });

  onPosix.each([0o600, 0o400])('accepts mode %o', async (mode) => {
    await saveKeyFile(inside('id'), PAIR);
    await chmod(inside('id'), mode);
    expect((await loadKeyFile(inside('id'))).publicKey).toEqual(PAIR.publicKey);
  });

  it.each([
    ['is empty', ''],
    ['has another version', FILE.replace('v1', 'v2')],
    ['lacks its header', FILE.split('\n').slice(1).join('\n')],
    ['was cut off', FILE.slice(0, -5)],
    ['has a line too many', `${FILE}comment\n`],
    ['has other line breaks', FILE.replaceAll('\n', '\r\n')],
    ['has a seed of another key', FILE.replace('seed B', 'seed C')],
    ['has a public key of another seed', FILE.replace('6kps', '6kpt')],
    ['has a public key of another form', FILE.replace('vcl-ed25519:', '')],
    ['is something long', 'x'.repeat(5_000)],
    ['is binary', '\u0000\u0001\u0002'],
  ])('refuses a file that %s, by name and without its contents', async (_, contents) => {
    await writeFile(inside('id'), contents, { mode: 0o600 });
    const error = await loadKeyFile(inside('id')).catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: 'InvalidKey',
      message: expect.stringContaining(`${inside('id')} is not a usable identity file`),
    });
    expect(String(error)).not.toContain('BwcHBwcH');
  });

  it('says what to do when there is no file', async () => {
    await expect(loadKeyFile(inside('id'))).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('loadOrCreateKeyFile makes one'),
    });
  });

  it('refuses a directory', async () => {
    await mkdir(inside('id'), { mode: 0o700 });
    await expect(loadKeyFile(inside('id'))).rejects.toMatchObject({ code: 'IoError' });
  });
});

describe('loadOrCreateKeyFile', () => {
  it('makes an identity once and keeps it', async () => {
    const created = await loadOrCreateKeyFile(inside('new', 'id'));
    const loaded = await loadOrCreateKeyFile(inside('new', 'id'));
    expect(loaded.publicKey).toEqual(created.publicKey);
  });

  it('gives the same identity to all who ask at once', async () => {
    const asking = Array.from({ length: 12 }, () => loadOrCreateKeyFile(inside('id')));
    const keys = (await Promise.all(asking)).map((pair) => pair.publicKey);
    for (const key of keys) expect(key).toEqual(keys[0]);
    expect(await readdir(inside())).toEqual(['id']);
  });

  it('does not replace a file it cannot read', async () => {
    await writeFile(inside('id'), 'precious', { mode: 0o600 });
    await expect(loadOrCreateKeyFile(inside('id'))).rejects.toMatchObject({ code: 'InvalidKey' });
    expect(await readFile(inside('id'), 'utf8')).toBe('precious');
  });
});

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}
