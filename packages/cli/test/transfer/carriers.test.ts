import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, describe, expect, it } from 'vitest';
import type { TransferDocument } from '../../src/transfer/session/report.js';
import { vcl } from '../support/fake-io.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { folder, ioOf, listen } from './support/served.js';
import { contentsOf } from './support/transfer-scene.js';

let pem: { readonly cert: string; readonly private: string };
let other: { readonly cert: string; readonly private: string };

beforeAll(async () => {
  [pem, other] = await Promise.all([makeCertificate(), makeCertificate()]);
});

function makeCertificate() {
  const altNames = [
    { type: 2 as const, value: 'localhost' },
    { type: 7 as const, ip: '127.0.0.1' },
  ];
  return generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames }],
  });
}

/** Certificate and key in files. */
function pemFiles(from: typeof pem = pem): { cert: string; key: string } {
  const directory = temporaryDirectory();
  const [cert, key] = [join(directory, 'cert.pem'), join(directory, 'key.pem')];
  writeFileSync(cert, from.cert);
  writeFileSync(key, from.private, { mode: 0o600 });
  return { cert, key };
}

describe('one port', () => {
  it('takes files over every carrier, and tells which', async () => {
    const { cert, key } = pemFiles();
    const [from, into] = [folder(), temporaryDirectory()];
    const tls = ['--tls-cert', cert, '--tls-key', key];
    const server = await listen(['--into', into, '--allow-any', '--overwrite', ...tls]);
    const { address } = server;
    expect(server.addresses).toEqual([
      `udp://${address}`,
      `tcp://${address}`,
      `ws://${address}/vcl`,
      `wss://${address}/vcl`,
    ]);
    const ways: [address: string, carrier: string, ...flags: string[]][] = [
      [address, 'udp'],
      [`auto://${address}`, 'udp'],
      [`udp://${address}`, 'udp'],
      [`tcp://${address}`, 'tcp', '--proxy', 'none'],
      [`ws://${address}`, 'websocket', '--proxy', 'none'],
      [`wss://${address}`, 'websocket', '--tls-ca', cert],
      [`wss://${address}`, 'websocket', '--tls-insecure'],
    ];
    for (const [to, carrier, ...flags] of ways) {
      writeFileSync(join(from, 'which'), to);
      const io = ioOf();
      const { exitCode, out, err } = await vcl(
        ['send', from, to, '--accept-new', '--json', ...flags],
        io,
      );
      expect([to, exitCode, err]).toEqual([to, 0, '']);
      const document: TransferDocument = JSON.parse(out);
      expect(document).toMatchObject({ address: to, carrier, complete: true });
      expect(contentsOf(join(into, 'folder'))).toEqual(contentsOf(from));
      const known = readFileSync(join(io.env.VCL_HOME!, 'known_hosts'), 'utf8');
      expect(known).toBe(`${address} ${server.publicKey}\n`);
    }
    server.io.interrupt();
    await server.ended;
    const sessions = server.io.stdout.lines.slice(1).map((line) => JSON.parse(line));
    expect(sessions.map(({ carrier }) => carrier)).toEqual(ways.map(([, carrier]) => carrier));
  });

  it.each([
    ['tcp://127.0.0.1:0', 'tcp://', 'tcp'],
    ['ws://127.0.0.1:0/files', 'ws://', 'websocket'],
  ])('that is for one carrier, %s, gives files over that one', async (at, scheme, carrier) => {
    const from = folder();
    const server = await listen(['--share', from, '--allow-any'], { address: at });
    const [only, ...others] = server.addresses;
    expect([only?.startsWith(scheme), others]).toEqual([true, []]);
    const into = temporaryDirectory();
    const args = ['receive', only!, '-o', into, '--accept-new', '--proxy', 'none'];
    const { exitCode, out } = await vcl(args, ioOf());
    expect([exitCode, out]).toEqual([0, expect.stringContaining(`MB/s over ${carrier}`)]);
    expect(contentsOf(into)).toEqual(contentsOf(from));
  });

  it('is found by a ping that says how it got there', async () => {
    const server = await listen(['--into', temporaryDirectory(), '--allow-any']);
    const to = `tcp://${server.address}`;
    const args = ['ping', to, '-c', '2', '-i', '0.01', '--accept-new', '--proxy', 'none'];
    const { exitCode, out } = await vcl(args, ioOf());
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^tcp:\/\/127.* is SHA256:.*, over tcp\nping 1: .*\nping 2: .*\n---/);
    const { out: json } = await vcl([...args, '--json'], ioOf());
    expect(JSON.parse(json)).toMatchObject({ address: to, carrier: 'tcp', received: 2 });
  });

  it('has its WebSocket at another path when that is asked for', async () => {
    const server = await listen(['--into', temporaryDirectory(), '--allow-any', '--ws-path', '/x']);
    const ping = (...args: string[]) =>
      vcl(['ping', ...args, '-c', '1', '--accept-new', '--proxy', 'none'], ioOf());
    const at = `ws://${server.address}`;
    expect((await ping(`${at}/x`)).exitCode).toBe(0);
    expect((await ping(at, '--ws-path', '/x')).exitCode).toBe(0);
    const { exitCode, err } = await ping(at);
    expect([exitCode, err]).toEqual([74, expect.stringContaining('no WebSocket at /vcl')]);
  });
});

describe('a certificate that is not trusted', () => {
  it('is refused, and the message names the options', async () => {
    const { cert, key } = pemFiles();
    const args = ['--into', temporaryDirectory(), '--allow-any', '--tls-cert', cert];
    const server = await listen([...args, '--tls-key', key], { address: 'wss://127.0.0.1:0' });
    const to = `wss://${server.address}`;
    const { exitCode, err } = await vcl(['ping', to, '-c', '1', '--proxy', 'none'], ioOf());
    expect(exitCode).toBe(74);
    for (const flag of ['--tls-ca FILE', '--tls-insecure']) expect(err).toContain(flag);
  });
});

describe('a server that nobody reaches', () => {
  it('is told at once where the carrier can tell', async () => {
    const server = await listen(['--into', temporaryDirectory(), '--allow-any']);
    server.io.interrupt();
    await server.ended;
    for (const scheme of ['tcp', 'ws']) {
      const args = ['send', folder(), `${scheme}://${server.address}`, '--proxy', 'none'];
      const { exitCode, err } = await vcl(args, ioOf());
      expect([exitCode, err]).toEqual([74, expect.stringContaining('nothing listens there')]);
    }
  });
});

describe('options about carriers', () => {
  const listening = ['--into', '.', '--allow-any'];

  it.each([
    [['ping', 'tcp://h', '--tls-ca', 'x'], '--tls-ca means nothing for tcp://'],
    [['ping', 'ws://h', '--tls-insecure'], '--tls-insecure means nothing for ws://'],
    [['ping', 'udp://h', '--proxy', 'http://p:1'], '--proxy means nothing for udp://'],
    [['ping', 'quic://h', '--ws-path', '/x'], '--ws-path means nothing for quic://'],
    [['ping', 'tcp://h', '--quic-port', '9'], '--quic-port means nothing for tcp://'],
    [['ping', 'h', '--tls-ca', 'x', '--tls-insecure'], '--tls-insecure checks no certificate'],
    [['ping', 'ws://h/a', '--ws-path', '/b'], '--ws-path /b and the path /a'],
    [['ping', 'h', '--ws-path', 'x'], 'a path that starts with /'],
    [['ping', 'h', '--quic-port', '65536'], 'a port from 1 to 65535'],
    [['ping', 'h', '--proxy', 'ftp://p'], 'Give http://host:port'],
    [['ping', 'h', '--proxy', 'nowhere'], 'none or environment'],
    [['listen', 'wss://:0', ...listening], 'wss:// needs a certificate: add --tls-cert FILE'],
    [['listen', ':0', ...listening, '--tls-cert', 'x'], '--tls-cert and --tls-key belong together'],
    [['listen', 'tcp://:0', ...listening, '--tls-key', 'x'], '--tls-key means nothing for tcp://'],
  ])('%j are not understood', async (args, why) => {
    const { exitCode, err } = await vcl(args, ioOf());
    expect([exitCode, err]).toEqual([64, expect.stringContaining(why)]);
  });

  it('name files that are good for something', async () => {
    const { cert, key } = pemFiles();
    const stranger = pemFiles(other).key;
    const absent = join(temporaryDirectory(), 'absent');
    const directory = join(temporaryDirectory(), 'directory');
    mkdirSync(directory);
    const listenWith = async (tlsCert: string, tlsKey: string) => {
      const tls = ['--tls-cert', tlsCert, '--tls-key', tlsKey];
      const { exitCode, err } = await vcl(['listen', ':0', ...listening, ...tls], ioOf());
      return [exitCode, err];
    };
    const told = (text: string) => expect.stringContaining(text);
    expect(await listenWith(absent, key)).toEqual([
      74,
      told(`--tls-cert ${absent} cannot be read`),
    ]);
    expect(await listenWith(cert, directory)).toEqual([74, told(`--tls-key ${directory} cannot`)]);
    expect(await listenWith(key, key)).toEqual([
      64,
      told(`--tls-cert ${key} holds no certificate`),
    ]);
    expect(await listenWith(cert, cert)).toEqual([64, told(`--tls-key ${cert} holds no private`)]);
    expect(await listenWith(cert, stranger)).toEqual([64, told('is not the key of the first')]);
    const { err } = await vcl(['ping', 'wss://h', '--tls-ca', key], ioOf());
    expect(err).toContain(`--tls-ca ${key} holds no certificate`);
  });
});
