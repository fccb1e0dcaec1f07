import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy of this machine, and what it was asked for. */
export interface TestProxy {
  readonly port: number;
  readonly asked: string[];
  destroy(): void;
}

/** An HTTP proxy that does CONNECT, for whoever sends `authorization` if it is given. */
export async function startConnectProxy(authorization?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createHttpServer();
  server.on('connect', (request, client, head) => {
    asked.push(request.url ?? '');
    if (request.headers['proxy-authorization'] !== authorization) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const [host, port] = (request.url ?? '').split(':');
    join(client as Socket, Number(port), host ?? '', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      client.unshift(head);
    });
  });
  return await proxyOf(server, asked);
}

/** A SOCKS5 proxy, for whoever names user and password if they are given. */
export async function startSocksProxy(user?: string, password?: string): Promise<TestProxy> {
  const asked: string[] = [];
  const server = createServer((client) => {
    void (async () => {
      client.on('error', () => undefined);
      await readBytes(client, (await readBytes(client, 2))[1] ?? 0);
      client.write(Buffer.of(5, user === undefined ? 0 : 2));
      if (user !== undefined) {
        const [, userLength = 0] = await readBytes(client, 2);
        const name = String(await readBytes(client, userLength));
        const [length = 0] = await readBytes(client, 1);
        const isRight = name === user && String(await readBytes(client, length)) === password;
        client.write(Buffer.of(1, isRight ? 0 : 1));
        if (!isRight) return;
      }
      const [, , , kind = 0] = await readBytes(client, 4);
      const length = kind === 3 ? ((await readBytes(client, 1))[0] ?? 0) : 4;
      const place = await readBytes(client, length);
      const host = kind === 3 ? String(place) : [...place].join('.');
      const port = (await readBytes(client, 2)).readUInt16BE();
      asked.push(`${host}:${port}`);
      const granted = Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 1);
      join(client, port, host, () => client.write(granted));
    })();
  });
  return await proxyOf(server, asked);
}

async function proxyOf(server: Server, asked: string[]): Promise<TestProxy> {
  const clients = new Set<Socket>();
  server.on('connection', (client: Socket) => clients.add(client));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const destroy = (): void => {
    server.close();
    for (const client of clients) client.destroy();
  };
  return { port: (server.address() as AddressInfo).port, asked, destroy };
}

function join(client: Socket, port: number, host: string, onConnected: () => void): void {
  const target = connect(port, host, () => {
    onConnected();
    client.pipe(target).pipe(client);
  });
  for (const one of [client, target]) one.on('error', () => undefined);
  client.on('close', () => target.destroy());
  target.on('close', () => client.destroy());
}

/** The next `count` bytes of a socket that is paused between calls. */
async function readBytes(socket: Socket, count: number): Promise<Buffer> {
  if (count === 0) return Buffer.alloc(0);
  for (;;) {
    const bytes: Buffer | null = socket.read(count);
    if (bytes !== null) return bytes;
    await new Promise((resolve) => socket.once('readable', resolve));
  }
}
