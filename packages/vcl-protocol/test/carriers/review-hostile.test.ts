import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { parseCarrierAddress } from '../../src/carrier-address.js';
import { dialCarrier } from '../../src/node/carriers/dial.js';
import { recorded } from './support/recorded-link.js';
import { useSharedPorts } from './support/shared-ports.js';

const ports = useSharedPorts();
const uncaught: unknown[] = [];
const onUncaught = (error: unknown): void => void uncaught.push(error);
afterEach(() => {
  process.off('uncaughtException', onUncaught);
  uncaught.length = 0;
});

async function serve(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    onSocket(ports.keep(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ports.keep({ destroy: () => void server.close() });
  return (server.address() as AddressInfo).port;
}

/** What a SOCKS5 proxy says when it has connected. */
const SOCKS_ANSWER = Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 1);

describe('whoever connects', () => {
  it.each(['tcp', 'ws'] as const)('survives servers that reset at once, %s', async (scheme) => {
    process.on('uncaughtException', onUncaught);
    const port = await serve((socket) => socket.resetAndDestroy());
    for (let round = 0; round < 50; round++) {
      const target = { scheme, host: '127.0.0.1', port, path: '/vcl' };
      const link = await dialCarrier(target).catch(() => undefined);
      if (link === undefined) continue;
      await recorded(link).closings.next();
      expect(link.remote.isLost).toBe(true);
    }
    expect(uncaught).toEqual([]);
  });

  it('survives a SOCKS proxy that grants and resets in one', async () => {
    process.on('uncaughtException', onUncaught);
    const port = await serve((socket) => {
      socket.once('data', () => {
        socket.write(Buffer.of(5, 0));
        socket.once('data', () => {
          socket.write(SOCKS_ANSWER);
          setImmediate(() => socket.resetAndDestroy());
        });
      });
    });
    const proxy = `socks5://127.0.0.1:${port}`;
    for (let round = 0; round < 50; round++) {
      const target = { scheme: 'tcp', host: '127.0.0.1', port: 9, path: '/vcl' } as const;
      const link = await dialCarrier(target, { proxy }).catch(() => undefined);
      if (link !== undefined) await recorded(link).closings.next();
    }
    expect(uncaught).toEqual([]);
  });

  it('does not tell the query of an address, which may be a secret', async () => {
    const port = await serve((socket) => {
      socket.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    const target = {
      scheme: 'ws',
      host: '127.0.0.1',
      port,
      path: '/vcl?token=opensesame',
    } as const;
    const error: unknown = await dialCarrier(target).catch((reason: unknown) => reason);
    expect(String(error)).toContain('/vcl');
    expect(String(error)).not.toContain('opensesame');
  });

  it('is not told the password of a bad address again', () => {
    expect(() => parseCarrierAddress('wss://me:opensesame@host', 'connect')).toThrow(
      /^(?!.*opensesame).*no user or password/,
    );
  });
});

describe('a server', () => {
  it('keeps no more than 64 KiB of pongs for a peer that pings and reads nothing', async () => {
    const port = await ports.listen({ accepts: ['ws'] });
    const ws = new WebSocket(`ws://127.0.0.1:${port.port.local.port}/vcl`, ['vcl1']);
    ports.keep({ destroy: () => ws.terminate() });
    await once(ws, 'open');
    ws.send(Uint8Array.of(1));
    const { value: link } = await port.links.next();
    if (link === undefined) throw new Error('no link');
    const { records } = recorded(link);
    ws.pause();
    // Each is 125 bytes: 25 MB in all, of which the system keeps some for either side.
    for (let i = 0; i < 200_000; i++) ws.ping(PING);
    ws.send(Uint8Array.of(2));
    await records.next();
    await records.next();
    expect(heldBy(link)).toBeLessThanOrEqual(64 * 1024 + 1_024);
  });
});

const PING = Buffer.alloc(125);

/** What waits to leave, as the link would say by being full after one record more. */
function heldBy(link: {
  send(record: Uint8Array): void;
  readonly remote: { isFull: boolean };
}): number {
  const HIGH_WATER_BYTES = 256 * 1024;
  let sent = 0;
  while (!link.remote.isFull) {
    link.send(new Uint8Array(1_000));
    sent += 1_000;
  }
  return Math.max(0, HIGH_WATER_BYTES - sent);
}
