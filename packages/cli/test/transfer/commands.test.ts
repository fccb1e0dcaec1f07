import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { encodePublicKey, KeyPair } from 'vcl-protocol';
import { describe, expect, it } from 'vitest';
import type { PingStatistics } from '../../src/transfer/session/ping-statistics.js';
import type { TransferDocument } from '../../src/transfer/session/report.js';
import { type FakeIo, vcl } from '../support/fake-io.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { folder, ioOf, listen } from './support/served.js';
import { contentsOf } from './support/transfer-scene.js';

describe('vcl send and vcl listen --into', () => {
  it('copy a folder, and the second time find that it is there', async () => {
    const [from, into] = [folder(), temporaryDirectory()];
    const server = await listen(['--into', into, '--allow-any']);
    const first = await vcl(['send', from, server.address, '--accept-new', '--json'], ioOf());
    const done: TransferDocument = JSON.parse(first.out);
    expect([first.exitCode, first.err]).toEqual([0, '']);
    expect(done).toMatchObject({
      files: 2,
      bytes: 1_500_005,
      bytesSent: 1_500_005,
      complete: true,
    });
    expect(contentsOf(join(into, 'folder'))).toEqual(contentsOf(from));
    expect(readdirSync(into)).toEqual(['folder']);

    const again = await vcl(
      ['send', from, server.address, '--server-key', server.publicKey],
      ioOf(),
    );
    expect(again.out).toMatch(/^0 files, 0 B .*; 2 already there\n$/);
    server.io.interrupt();
    expect((await server.ended).exitCode).toBe(0);
    const sessions = server.io.stdout.lines.slice(1).map((line) => JSON.parse(line));
    expect(sessions).toMatchObject([
      { event: 'session', action: 'push', files: 2, failed: 0 },
      { event: 'session', action: 'push', files: 0, identical: 2 },
    ]);
  });

  it('tell what is refused, and exit with 1', async () => {
    const [from, into] = [folder(), temporaryDirectory()];
    mkdirSync(join(into, 'folder', 'sub'), { recursive: true });
    writeFileSync(join(into, 'folder', 'sub', 'small'), 'other');
    const server = await listen(['--into', into, '--allow-any', '--once']);
    const { exitCode, out, err } = await vcl(
      ['send', from, server.address, '--accept-new'],
      ioOf(),
    );
    expect(exitCode).toBe(1);
    expect(err).toMatch(/^vcl: folder\/sub\/small: a different one is there: .*--overwrite\n$/);
    expect(out).toContain('1 file, 1.50 MB');
    expect(out).toContain('1 entry not transferred');
    expect((await server.ended).exitCode).toBe(1);
    expect(readFileSync(join(into, 'folder', 'sub', 'small'), 'utf8')).toBe('other');
  });

  it('keep session logs that are whole', async () => {
    const [from, into, logs] = [folder(), temporaryDirectory(), temporaryDirectory()];
    const server = await listen(['--into', into, '--allow-any', '--record', logs]);
    const log = join(temporaryDirectory(), 'log');
    const args = ['send', from, server.address, '--accept-new', '--record', log];
    expect((await vcl(args, ioOf())).exitCode).toBe(0);
    server.io.interrupt();
    await server.ended;
    for (const file of [log, join(logs, readdirSync(logs)[0]!)]) {
      expect((await vcl(['verify', file])).exitCode).toBe(0);
    }
  });
});

describe('vcl receive and vcl listen --share', () => {
  it('copy all, a part, and what is not there', async () => {
    const from = folder();
    const server = await listen(['--share', from, '--allow-any']);
    const receive = (...args: string[]) =>
      vcl(['receive', server.address, ...args, '--accept-new'], ioOf());
    const all = temporaryDirectory();
    expect((await receive('-o', all)).exitCode).toBe(0);
    expect(contentsOf(all)).toEqual(contentsOf(from));
    const part = temporaryDirectory();
    expect((await receive('sub/', '-o', part)).exitCode).toBe(0);
    expect(contentsOf(part)).toEqual({
      sub: 'directory',
      'sub/empty': 'directory',
      'sub/small': 'small',
    });
    const { exitCode, err } = await receive('absent', '../x', 'sub/small', '-o', part);
    expect(exitCode).toBe(1);
    expect(err).toBe('vcl: absent: it is not shared\nvcl: ../x: the path has .. in it\n');
    expect(statSync(join(part, 'small')).size).toBe(5);
  });

  it('say that the other direction is not served', async () => {
    const server = await listen(['--share', folder(), '--allow-any']);
    const { exitCode, err } = await vcl(['send', folder(), server.address, '--accept-new'], ioOf());
    expect([exitCode, err]).toEqual([
      74,
      'vcl: the peer says: this server takes no files (listen --into) (IoError)\n',
    ]);
  });
});

describe('who may connect', () => {
  it('is a client with a key in the file, or one that is enrolled', async () => {
    const home = temporaryDirectory();
    const server = await listen(['--into', temporaryDirectory(), '--enroll', '1'], {
      io: ioOf(home),
    });
    const ping = (io: FakeIo) => vcl(['ping', server.address, '-c', '1', '--accept-new'], io);
    const first = ioOf();
    expect((await ping(first)).exitCode).toBe(0);
    expect((await ping(first)).exitCode).toBe(0);
    const second = await ping(ioOf());
    expect([second.exitCode, second.out]).toEqual([77, '']);
    expect(second.err).toContain('(AuthRefused)');
    expect(readFileSync(join(home, 'authorized_keys'), 'utf8').trim().split('\n')).toHaveLength(1);
  });

  it('has to be said', async () => {
    const { exitCode, err } = await vcl(['listen', '--into', temporaryDirectory()], ioOf());
    expect(exitCode).toBe(64);
    for (const way of ['vcl pubkey', '--enroll 1', '--allow-any']) expect(err).toContain(way);
  });

  it('is not everybody and a list', async () => {
    const args = ['listen', '--into', temporaryDirectory(), '--allow-any', '--enroll', '1'];
    expect((await vcl(args, ioOf())).err).toContain('leave --allow and --enroll out');
  });
});

describe('which server it is', () => {
  it('is not taken on trust without a terminal', async () => {
    const server = await listen(['--into', temporaryDirectory(), '--allow-any']);
    const { exitCode, err } = await vcl(['ping', server.address, '-c', '1'], ioOf());
    expect(exitCode).toBe(77);
    expect(err).toContain(`--server-key ${server.publicKey}`);
  });

  it('is noticed when it has another key', async () => {
    const server = await listen(['--into', temporaryDirectory(), '--allow-any']);
    const home = temporaryDirectory();
    const old = encodePublicKey(KeyPair.generate().publicKey);
    writeFileSync(join(home, 'known_hosts'), `${server.address} ${old}\n`);
    const { exitCode, err } = await vcl(['ping', server.address, '--accept-new'], ioOf(home));
    expect(exitCode).toBe(77);
    expect(err).toMatch(/has changed.*remove line 1 of .*known_hosts.*\(IdentityChanged\)\n$/);
  });
});

describe('vcl ping', () => {
  it('measures round trips', async () => {
    const server = await listen(['--into', temporaryDirectory(), '--allow-any']);
    const io = ioOf();
    const args = ['ping', server.address, '-c', '3', '-i', '0.01', '--accept-new'];
    const shown = await vcl(args, io);
    expect(shown.exitCode).toBe(0);
    expect(shown.out).toMatch(
      /^127.* is SHA256:.*, over udp\nping 1: [\d.]+ ms\nping 2: .*\nping 3: .*\n--- .*: 3 pings, 3 answers, 0 % loss\nround trip min\/avg\/max\/mdev = /,
    );
    const { out } = await vcl([...args, '--json'], ioOf());
    const statistics: PingStatistics = JSON.parse(out);
    expect(statistics).toMatchObject({ carrier: 'udp', sent: 3, received: 3, loss: 0 });
  });

  it('ends when the server does', async () => {
    const server = await listen(['--into', temporaryDirectory(), '--allow-any']);
    const io = ioOf();
    const write = io.stdout.write.bind(io.stdout);
    io.stdout.write = (text) => {
      write(text);
      if (text.startsWith('ping 1:')) server.io.interrupt();
    };
    const args = ['ping', server.address, '-i', '0.01', '--accept-new'];
    const { exitCode, out } = await vcl(args, io);
    expect(exitCode).toBe(0);
    expect(out).toContain('the session is lost');
  });
});

describe('a command line', () => {
  it.each([
    [['send', 'only-an-address'], 'name the address of the server'],
    [['send', '-', 'file', 'host'], 'standard input is sent alone'],
    [['listen', '--allow-any'], 'say what to do'],
    [['listen', '--into', '.', '--enroll', '0'], 'whole number from 1'],
    [['receive', 'host', '--progress', 'loud'], 'Allowed choices'],
  ])('%j is not understood', async (args, why) => {
    const { exitCode, err } = await vcl(args, ioOf());
    expect(exitCode).toBe(64);
    expect(err).toContain(why);
  });

  it('names what is to be sent', async () => {
    const absent = join(temporaryDirectory(), 'absent');
    const { exitCode, err } = await vcl(['send', absent, 'host'], ioOf());
    expect([exitCode, err]).toEqual([
      74,
      `vcl: cannot send ${absent}: there is no such file (IoError)\n`,
    ]);
  });

  it('does not send two things under one name', async () => {
    const [a, b] = [folder(), folder()];
    const { exitCode, err } = await vcl(['send', a, b, 'host'], ioOf());
    expect(exitCode).toBe(64);
    expect(err).toContain('have the same name folder');
  });
});

describe('what was named and cannot be transferred', () => {
  it.skipIf(process.platform === 'win32')('is no success: a pipe', async () => {
    const [directory, into] = [temporaryDirectory(), temporaryDirectory()];
    execFileSync('mkfifo', [join(directory, 'pipe')]);
    const server = await listen(['--into', into, '--share', directory, '--allow-any']);
    const trust = ['--server-key', server.publicKey];
    const sent = await vcl(['send', join(directory, 'pipe'), server.address, ...trust], ioOf());
    expect([sent.exitCode, sent.err]).toEqual([74, expect.stringContaining('vcl send -')]);
    const args = ['receive', server.address, 'pipe', '-o', into, ...trust];
    const got = await vcl(args, ioOf());
    expect([got.exitCode, got.err]).toEqual([1, 'vcl: pipe: no file: left out\n']);
  });

  it('is told also where standard output takes the contents', async () => {
    const server = await listen(['--share', temporaryDirectory(), '--allow-any']);
    const args = ['receive', server.address, 'x', '-o', '-', '--json', '--accept-new'];
    const { exitCode, out, err } = await vcl(args, ioOf());
    expect([exitCode, out, err]).toEqual([1, '', 'vcl: x: it is not shared\n']);
  });
});
