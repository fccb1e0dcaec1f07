import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { AsyncQueue } from '../../src/async-queue.js';
import { dialCarrier } from '../../src/node/carriers/dial.js';
import type { CarrierDropReason } from '../../src/node/carriers/pending-carriers.js';
import type { ThrottledLink } from '../../src/node/carriers/throttled-link.js';
import { WebSocketCarrierServer } from '../../src/node/carriers/websocket-server.js';
import { recorded, take } from './support/recorded-link.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function attach(options: { path?: string } = {}) {
  const server = createServer((_request, response) => response.end('page'));
  servers.push(server);
  const links = new AsyncQueue<ThrottledLink>();
  const drops = new AsyncQueue<CarrierDropReason>();
  const carriers = await WebSocketCarrierServer.attach(server, {
    ...options,
    onDrop: (reason) => drops.push(reason),
  });
  expect(carriers.local.port).toBe(0);
  carriers.start((link) => links.push(link));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { server, carriers, links, drops, port };
}

/** The status of the answer to an upgrade to `path`, or 101. */
async function statusOf(port: number, path: string): Promise<number> {
  const ws = new WebSocket(`ws://127.0.0.1:${port}${path}`);
  ws.on('error', () => undefined);
  return await new Promise((resolve) => {
    ws.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    ws.on('open', () => {
      ws.terminate();
      resolve(101);
    });
  });
}

describe('WebSockets on an application\u2019s server', () => {
  it('are carriers at their path, and the pages stay', async () => {
    const { carriers, links, port } = await attach({ path: '/link' });
    expect(carriers.local).toEqual({ address: '127.0.0.1', port });
    const target = { scheme: 'ws', host: '127.0.0.1', port, path: '/link' } as const;
    const client = recorded(await dialCarrier(target));
    client.link.send(Uint8Array.of(7));
    client.link.flush();
    const server = recorded((await links.next()).value!);
    expect(await take(server, 1)).toEqual([Uint8Array.of(7)]);
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('page');
    await Promise.all([client.link.close(), server.link.close()]);
  });

  it('answer 404 elsewhere, unless somebody else listens for upgrades', async () => {
    const { server, drops, port } = await attach();
    expect(await statusOf(port, '/other')).toBe(404);
    expect((await drops.next()).value).toBe('path');
    server.on('upgrade', (request, socket) => {
      if (request.url === '/other') socket.end('HTTP/1.1 418 Teapot\r\n\r\n');
    });
    expect(await statusOf(port, '/other')).toBe(418);
    expect(await statusOf(port, '/vcl')).toBe(101);
  });

  it('are left alone after closing', async () => {
    const { server, carriers } = await attach();
    await carriers.close();
    expect(server.listenerCount('upgrade')).toBe(0);
    expect(server.listening).toBe(true);
  });
});
