import { once } from 'node:events';
import { type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { SharedPort } from '../../src/node/carriers/shared-port.js';
import { pattern } from '../support/connections.js';
import { makeCertificate } from './support/certificate.js';
import { recorded, take } from './support/recorded-link.js';
import { pairOver, type TestPort, useSharedPorts } from './support/shared-ports.js';

const ports = useSharedPorts();
let tls = { cert: '', key: '' };
beforeAll(async () => {
  tls = await makeCertificate();
});

const FIRST = Buffer.of(0, 3, 1, 2, 3);

async function get(port: TestPort, path: string): Promise<{ status: number; text: string }> {
  const asking = request({ ...socketOf(port), path });
  asking.end();
  const [response] = (await once(asking, 'response')) as [IncomingMessage];
  let text = '';
  for await (const part of response) text += String(part);
  return { status: response.statusCode ?? 0, text };
}

function socketOf({ port }: TestPort): { host: string; port: number } {
  return { host: port.local.address, port: port.local.port };
}

/** A bare WebSocket: resolves with its close code, or the HTTP status it was refused with. */
function openWebSocket(port: TestPort, protocols: string[], options: WebSocket.ClientOptions = {}) {
  const url = `ws://127.0.0.1:${port.port.local.port}/vcl`;
  const ws = new WebSocket(url, protocols, options);
  ports.keep({ destroy: () => ws.terminate() });
  ws.on('error', () => undefined);
  const outcome = new Promise<number>((resolve) => {
    ws.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    ws.on('close', resolve);
  });
  return { ws, outcome };
}

describe('one port for several carriers', () => {
  it('tells raw records, HTTP and TLS apart', async () => {
    const port = await ports.listen({ accepts: ['tcp', 'ws', 'wss'], tls });
    for (const scheme of ['tcp', 'ws', 'wss', 'tcp'] as const) {
      const { server } = await pairOver(port, scheme, { tls: { ca: tls.cert } });
      server.link.send(pattern(9));
      server.link.flush();
    }
    expect(port.drops.size).toBe(0);
    expect(port.port.pending).toBe(0);
  });

  it.each([
    ['a letter where only records are accepted', ['tcp'], 'GET / HTTP/1.1\r\n\r\n', 'not-accepted'],
    ['TLS without a certificate', ['tcp', 'ws'], '\x16\x03\x01', 'not-accepted'],
    ['a record where only HTTP is accepted', ['ws'], '\x00\x03abc', 'garbage'],
    ['a byte that begins nothing', ['tcp', 'ws'], '\x04\x00', 'garbage'],
    ['SSH', ['tcp'], 'SSH-2.0-x\r\n', 'not-accepted'],
    ['a length of 0', ['tcp', 'ws'], '\x00\x00', 'garbage'],
    ['HTTP that is none', ['ws'], 'GARBAGE\r\n\r\n', 'garbage'],
    ['a header that is too long', ['ws'], `GET / HTTP/1.1\r\na: ${'b'.repeat(9_000)}`, 'garbage'],
    ['nothing at all', ['tcp', 'ws'], undefined, 'lost'],
    ['half a record', ['tcp', 'ws'], '\x00\x10half', 'lost'],
  ] as const)('drops and counts %s', async (_, accepts, bytes, reason) => {
    const port = await ports.listen({ accepts });
    const socket = port.connectRaw();
    const closed = once(socket, 'close');
    socket.resume();
    await once(socket, 'connect');
    if (bytes === undefined) socket.end();
    else if (reason === 'lost') socket.end(bytes, 'latin1');
    else socket.write(bytes, 'latin1');
    expect((await port.drops.next()).value).toBe(reason);
    await closed;
    expect(port.port.pending).toBe(0);
    expect(port.links.size).toBe(0);
  });

  it('counts TLS that is none', async () => {
    const port = await ports.listen({ accepts: ['wss'], tls });
    const socket = port.connectRaw();
    socket.write('\x16 is what TLS begins with, and this is no more of it', 'latin1');
    expect((await port.drops.next()).value).toBe('tls');
  });

  it('hands a carrier over with its first record, however that comes in', async () => {
    const port = await ports.listen();
    for (let cut = 1; cut < FIRST.length; cut++) {
      const socket = port.connectRaw();
      socket.setNoDelay(true);
      socket.write(FIRST.subarray(0, cut));
      // A round trip of another carrier: the first part has been read.
      await pairOver(port, 'tcp');
      expect(port.port.pending).toBe(1);
      expect(port.links.size).toBe(0);
      socket.write(FIRST.subarray(cut));
      const { value } = await port.links.next();
      expect(await take(recorded(value!), 1)).toEqual([Uint8Array.of(1, 2, 3)]);
    }
  });

  it('drops who drips, at one deadline for all of it', async () => {
    const port = await ports.listen({ firstRecordTimeoutMs: 60 });
    const slow: Socket[] = [port.connectRaw(), port.connectRaw(), port.connectRaw()];
    slow[0]?.write(Buffer.of(0));
    slow[1]?.write('GET /vcl HTTP/1.1\r\nx: ');
    const dripping = setInterval(() => {
      slow[0]?.write(Buffer.of(9));
      slow[1]?.write('y');
    }, 10);
    for (let i = 0; i < 3; i++)
      expect((await port.drops.next()).value).toBe('first-record-timeout');
    clearInterval(dripping);
  });

  it('drops who upgrades and says nothing', async () => {
    const port = await ports.listen({ firstRecordTimeoutMs: 60 });
    const { outcome } = openWebSocket(port, ['vcl1']);
    expect((await port.drops.next()).value).toBe('first-record-timeout');
    expect(await outcome).toBe(1006);
  });

  it('serves others while many connect and say nothing, and lets the oldest of these go', async () => {
    const port = await ports.listen({ maxPending: 20 });
    const silent = Array.from({ length: 30 }, () => port.connectRaw());
    await Promise.all(silent.map((socket) => once(socket, 'connect')));
    await pairOver(port, 'ws');
    await pairOver(port, 'tcp');
    for (let i = 0; i < 10; i++) expect((await port.drops.next()).value).toBe('too-many-pending');
    expect(port.port.pending).toBeLessThanOrEqual(20);
  });

  it('takes 200 clients at once', async () => {
    const port = await ports.listen();
    const clients = await Promise.all(
      Array.from({ length: 200 }, (_, i) => port.dial(i % 2 === 0 ? 'tcp' : 'ws')),
    );
    for (const [i, { link }] of clients.entries()) {
      link.send(pattern(1 + i));
      link.flush();
    }
    const lengths: number[] = [];
    for (const _ of clients) {
      const { value } = await port.links.next();
      lengths.push((await take(recorded(value!), 1))[0]!.length);
    }
    expect(lengths.sort((a, b) => a - b)).toEqual(clients.map((_, i) => 1 + i));
    expect(port.port.pending).toBe(0);
  });

  it('frees its address when closed, and leaves its carriers alone', async () => {
    const port = await ports.listen();
    const { client, server } = await pairOver(port, 'tcp');
    const silent = port.connectRaw();
    await once(silent, 'connect');
    await port.port.close();
    const again = await SharedPort.listen({ ...port.port.local, accepts: ['tcp'] });
    await again.close();
    client.link.send(pattern(50));
    client.link.flush();
    expect(await take(server, 1)).toEqual([pattern(50)]);
    expect((await port.drops.next()).value).toBe('closed');
  });

  it('says that an address is taken, or a setting is missing', async () => {
    const port = await ports.listen();
    const taken = SharedPort.listen({ ...port.port.local, accepts: ['tcp'] });
    await expect(taken).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('another socket has it'),
    });
    const bad = { code: 'InvalidConfig' };
    await expect(ports.listen({ accepts: [] })).rejects.toMatchObject(bad);
    await expect(ports.listen({ accepts: ['wss'] })).rejects.toMatchObject(bad);
    await expect(
      ports.listen({ accepts: ['wss'], tls: { cert: 'x', key: 'y' } }),
    ).rejects.toMatchObject(bad);
    await expect(
      ports.listen({ accepts: ['tcp', 'ws'], handsOver: 'connected' }),
    ).rejects.toMatchObject(bad);
  });
});

describe('a port that hands over what is connected', () => {
  it.each(['tcp', 'ws'] as const)('lets the server speak first, over %s', async (scheme) => {
    const port = await ports.listen({ accepts: [scheme], handsOver: 'connected' });
    const client = await port.dial(scheme);
    const { value } = await port.links.next();
    const server = recorded(value!);
    server.link.send(pattern(40_000));
    server.link.flush();
    expect(await take(client, 1)).toEqual([pattern(40_000)]);
    client.link.send(pattern(50_000));
    client.link.flush();
    expect(await take(server, 1)).toEqual([pattern(50_000)]);
  });
});

describe('WebSockets at the port', () => {
  it.each([
    ['none', [], 'open'],
    ['ours', ['vcl1'], 'open'],
    ['ours among others', ['chat', 'vcl1'], 'open'],
    ['others', ['chat'], 400],
  ] as const)('are taken with sub-protocols: %s', async (_, protocols, expected) => {
    const port = await ports.listen();
    const { ws, outcome } = openWebSocket(port, [...protocols]);
    if (expected === 'open') {
      await once(ws, 'open');
      expect(ws.protocol).toBe(protocols.length > 0 ? 'vcl1' : '');
      expect(ws.extensions).toBe('');
    } else {
      expect(await outcome).toBe(expected);
      expect((await port.drops.next()).value).toBe('sub-protocol');
    }
  });

  it.each([
    ['a text message', 'text', 1003],
    ['an empty message', Buffer.alloc(0), 1003],
    ['a first record that is too long', Buffer.alloc(1_024), 1003],
    ['a message that is too long', Buffer.alloc(65_536), 1009],
  ])('end with %s', async (_, message, code) => {
    const port = await ports.listen();
    const { ws, outcome } = openWebSocket(port, ['vcl1']);
    await once(ws, 'open');
    ws.send(message);
    expect(await outcome).toBe(code);
    if (code === 1003) expect((await port.drops.next()).value).toBe('garbage');
    expect(port.links.size).toBe(0);
  });

  it('end with a text message after records, and the link tells', async () => {
    const port = await ports.listen();
    const { ws, outcome } = openWebSocket(port, []);
    await once(ws, 'open');
    ws.send(Buffer.from('record'));
    const { value } = await port.links.next();
    const server = recorded(value!);
    ws.send('text');
    const { value: error } = await server.closings.next();
    expect(error).toMatchObject({ code: 'InvalidPacket' });
    expect(await outcome).toBe(1003);
  });

  it('tell of a closing code that is no farewell', async () => {
    const port = await ports.listen();
    const { ws } = openWebSocket(port, []);
    await once(ws, 'open');
    ws.send(Buffer.from('record'));
    const server = recorded((await port.links.next()).value!);
    ws.close(1011, 'broken');
    const { value: error } = await server.closings.next();
    expect(error).toMatchObject({ code: 'IoError', message: expect.stringContaining('1011') });
  });

  it('answer pings', async () => {
    const port = await ports.listen();
    const { ws } = openWebSocket(port, []);
    await once(ws, 'open');
    ws.ping('there?');
    expect(String((await once(ws, 'pong'))[0])).toBe('there?');
  });

  it.each([
    [undefined, undefined, 'open'],
    [undefined, 'http://127.0.0.1:PORT', 'open'],
    [undefined, 'https://elsewhere.example', 403],
    [undefined, 'null', 403],
    [['https://app.example'], 'https://app.example', 'open'],
    [['https://app.example/'], 'https://APP.example', 'open'],
    [['https://app.example'], 'https://app.example.evil.example', 403],
    ['any', 'https://elsewhere.example', 'open'],
  ] as const)('with the policy %s take a page of %s: %s', async (origins, origin, expected) => {
    const port = await ports.listen(origins === undefined ? {} : { origins });
    const from = origin?.replace('PORT', String(port.port.local.port));
    const { ws, outcome } = openWebSocket(port, [], from === undefined ? {} : { origin: from });
    if (expected === 'open') {
      await once(ws, 'open');
    } else {
      expect(await outcome).toBe(expected);
      expect((await port.drops.next()).value).toBe('origin');
    }
  });
});

describe('plain HTTP at the port', () => {
  it('is answered', async () => {
    const port = await ports.listen();
    expect((await get(port, '/')).status).toBe(404);
    expect((await get(port, '/vcl')).status).toBe(426);
    expect([await port.drops.next(), await port.drops.next()].map(({ value }) => value)).toEqual([
      'path',
      'path',
    ]);
  });

  it('goes to the application, beside WebSockets', async () => {
    const port = await ports.listen({
      onRequest: (asked, response) => response.end(`page ${asked.url}`),
    });
    expect(await get(port, '/chat')).toEqual({ status: 200, text: 'page /chat' });
    await pairOver(port, 'ws');
  });

  it('has time while the application answers, and a deadline after that', async () => {
    const answers: ServerResponse[] = [];
    const port = await ports.listen({
      firstRecordTimeoutMs: 300,
      onRequest: (_asked, response) => void answers.push(response),
    });
    const socket = port.connectRaw();
    socket.write('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
    await once(socket, 'connect');
    // The deadline of somebody who came later has passed: so has that of the request.
    port.connectRaw();
    expect((await port.drops.next()).value).toBe('first-record-timeout');
    answers[0]?.end('late');
    expect(String((await once(socket, 'data'))[0])).toContain('late');
    expect((await port.drops.next()).value).toBe('first-record-timeout');
  });
});
