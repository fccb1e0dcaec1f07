import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, fingerprint, loadKeyFile } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import type { KeyDocument } from '../src/key-result.js';
import { FakeIo, vcl } from './support/fake-io.js';
import { temporaryDirectory } from './support/temporary-directory.js';

describe('vcl keygen', () => {
  it('writes an identity of mode 0600 and shows its public half', async () => {
    const file = join(temporaryDirectory(), 'new', 'identity');
    const { exitCode, out, err } = await vcl(['keygen', file]);
    expect([exitCode, err]).toEqual([0, '']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const { publicKey } = await loadKeyFile(file);
    expect(out).toBe(
      `identity     ${file}\n` +
        `public key   ${encodePublicKey(publicKey)}\n` +
        `fingerprint  ${fingerprint(publicKey)}\n`,
    );
    expect(out).not.toContain(seedOf(file));
  });

  it.each([
    ['~/.vcl', (home: string) => new FakeIo({ home }), '.vcl/identity'],
    ['VCL_HOME', (home: string) => new FakeIo({ env: { VCL_HOME: home } }), 'identity'],
  ] as const)('without a file writes to %s', async (_, ioOf, path) => {
    const home = temporaryDirectory();
    expect((await vcl(['keygen'], ioOf(home))).exitCode).toBe(0);
    const shown = await vcl(['pubkey'], ioOf(home));
    expect(shown.out).toContain(join(home, path));
  });

  it('leaves a file that exists as it is', async () => {
    const file = join(temporaryDirectory(), 'identity');
    await vcl(['keygen', file]);
    const before = readFileSync(file, 'utf8');
    const { exitCode, out, err } = await vcl(['keygen', file]);
    expect([exitCode, out]).toEqual([73, '']);
    expect(err).toMatch(/^vcl: .* exists and was left as it is: .*--force.*\(IoError\)\n$/);
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  it('replaces it with --force', async () => {
    const file = join(temporaryDirectory(), 'identity');
    await vcl(['keygen', file]);
    const before = readFileSync(file, 'utf8');
    expect((await vcl(['keygen', file, '--force'])).exitCode).toBe(0);
    expect(readFileSync(file, 'utf8')).not.toBe(before);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('tells a file that stands where a directory should', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const { exitCode, err } = await vcl(['keygen', join(file, 'identity')]);
    expect(exitCode).toBe(73);
    expect(err).toBe(
      `vcl: cannot write ${file}/identity: ${file} is a file, name another FILE (IoError)\n`,
    );
  });

  it('tells why it cannot write', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    const { exitCode, err } = await vcl(['keygen', join(file, 'below', 'identity')]);
    expect(exitCode).toBe(74);
    expect(err).toMatch(/^vcl: cannot write the identity file .*ENOTDIR.*\(IoError\)\n$/);
  });
});

describe('vcl pubkey', () => {
  it('shows the same key as keygen did', async () => {
    const file = join(temporaryDirectory(), 'identity');
    const made = await vcl(['keygen', file, '--json']);
    const shown = await vcl(['pubkey', file, '--json']);
    expect(shown).toEqual(made);
    const document: KeyDocument = JSON.parse(shown.out);
    expect(Object.keys(document)).toEqual(['file', 'publicKey', 'fingerprint']);
    expect(document.publicKey).toMatch(/^vcl-ed25519:[\w-]{43}$/);
    expect(document.fingerprint).toMatch(/^SHA256:[\w+/]{43}$/);
  });

  it('refuses a damaged file', async () => {
    const file = join(temporaryDirectory(), 'identity');
    writeFileSync(file, 'nothing of the sort', { mode: 0o600 });
    const { exitCode, err } = await vcl(['pubkey', file]);
    expect(exitCode).toBe(65);
    expect(err).toMatch(/^vcl: .*identity is not a usable identity file: .*\(InvalidKey\)\n$/);
  });

  it.skipIf(process.platform === 'win32')('refuses a file that others may read', async () => {
    const file = join(temporaryDirectory(), 'identity');
    await vcl(['keygen', file]);
    chmodSync(file, 0o644);
    const { exitCode, err } = await vcl(['pubkey', file]);
    expect(exitCode).toBe(65);
    expect(err).toContain(`chmod 600 ${file}`);
  });
});

function seedOf(file: string): string {
  return /seed (\S+)/.exec(readFileSync(file, 'utf8'))![1]!;
}
