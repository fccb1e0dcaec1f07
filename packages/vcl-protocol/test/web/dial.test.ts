import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { parseCarrierAddress } from '../../src/carrier-address.js';
import { dialWebSocket } from '../../src/web/dial.js';
import type { Page } from '../../src/web/page.js';
import { FakeSocket } from './fake-page.js';

const TARGET = parseCarrierAddress('wss://example.com/vcl?room=1', 'connect');

describe('dialing from a page', () => {
  beforeEach(() => {
    FakeSocket.opened.length = 0;
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const dial = (options = {}) => dialWebSocket(TARGET, options, FakeSocket);
  const socket = () => FakeSocket.opened[0]!;

  it('opens a WebSocket with the sub-protocol, for binary messages', async () => {
    const dialed = dial();
    expect(socket()).toMatchObject({
      url: 'wss://example.com:443/vcl?room=1',
      protocol: 'vcl1',
      binaryType: 'arraybuffer',
    });
    socket().emit('open', undefined);
    const link = await dialed;
    expect(link.remote.carrier).toBe(3);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('says what to check when it does not open', async () => {
    const dialed = dial();
    socket().emit('error', undefined);
    socket().emit('close', { code: 1_006 });
    await expect(dialed).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringMatching(/wss:\/\/example\.com.*origin/),
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives up after a while', async () => {
    const dialed = dial({ timeoutMs: 500 });
    const refused = expect(dialed).rejects.toMatchObject({ code: 'Timeout' });
    await vi.advanceTimersByTimeAsync(500);
    await refused;
    expect(socket().closes).toHaveLength(1);
  });

  it('gives up when it is told to', async () => {
    const stop = new AbortController();
    const dialed = dial({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(dialed).rejects.toThrow('enough');
    expect(socket().closes).toHaveLength(1);
    await expect(dial({ signal: stop.signal })).rejects.toThrow('enough');
    expect(FakeSocket.opened).toHaveLength(1);
  });

  it.each(['tcp://example.com:1', 'quic://example.com:1', 'example.com:1'])(
    'refuses %s',
    async (address) => {
      const target = parseCarrierAddress(address, 'connect');
      const dialed = dialWebSocket(target, {}, FakeSocket);
      await expect(dialed).rejects.toMatchObject({ code: 'InvalidConfig' });
    },
  );

  it.each([
    ['proxy', 'http://127.0.0.1:3128'],
    ['tls', {}],
    ['origin', 'https://example.com'],
  ])('refuses %s, about which the browser decides', async (name, value) => {
    await expect(dial({ [name]: value })).rejects.toMatchObject({
      code: 'InvalidConfig',
      message: expect.stringContaining(name),
    });
  });

  it('says so when the page may not use ws://', async () => {
    const refusing: Page['WebSocket'] = class extends FakeSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        throw new Error('SecurityError');
      }
    };
    await expect(dialWebSocket(TARGET, {}, refusing)).rejects.toMatchObject({
      code: 'IoError',
      message: expect.stringContaining('wss://'),
    });
  });
});

describe('over the WebSocket of ws, which is one of a browser', () => {
  it('exchanges records and closes', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0, path: '/vcl' });
    await once(server, 'listening');
    server.on('connection', (peer) => {
      peer.on('message', (data: Buffer) => peer.send(Buffer.from(data).reverse()));
    });
    const { port } = server.address() as AddressInfo;
    const target = parseCarrierAddress(`ws://127.0.0.1:${port}/vcl`, 'connect');
    const link = await dialWebSocket(target, {}, WebSocket as unknown as Page['WebSocket']);
    const answers: number[][] = [];
    const arrived = new Promise<void>((resolve) => {
      link.start({
        onRecord: (record) => {
          answers.push([...record]);
          if (answers.length === 2) resolve();
        },
        onDrain: () => undefined,
        onClosed: () => undefined,
      });
    });
    link.send(new Uint8Array([1, 2, 3]));
    link.send(new Uint8Array([4, 5]));
    link.flush();
    await arrived;
    expect(answers).toEqual([
      [3, 2, 1],
      [5, 4],
    ]);
    await link.close();
    expect(server.clients.size).toBe(0);
    server.close();
  });

  it('does not connect where nobody listens', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const target = parseCarrierAddress(`ws://127.0.0.1:${port}`, 'connect');
    const dialed = dialWebSocket(target, {}, WebSocket as unknown as Page['WebSocket']);
    await expect(dialed).rejects.toMatchObject({ code: 'IoError' });
  });
});
