// The two kinds of proxies that networks make people use: HTTP with CONNECT, and SOCKS5.
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer } from 'node:net';
import { join } from './forwarder.mjs';

const ANY_IPV4 = Buffer.of(5, 0, 0, 1, 127, 0, 0, 1, 0, 1);

/** A proxy of this machine; `passed` counts the connections that it has let through. */
export class ProxyServer {
  #server;
  passed = 0;

  /** One that does CONNECT. */
  static http() {
    const server = createHttpServer();
    return ProxyServer.#open(server, (proxy) => {
      server.on('connect', ({ url }, client, head) => {
        const { hostname, port } = new URL(`tcp://${url}`);
        proxy.#reach(client, hostname, Number(port), () => {
          client.write('HTTP/1.1 200 Connection established\r\n\r\n');
          client.unshift(head);
        });
      });
    });
  }

  /** One that does SOCKS5, for anybody. */
  static socks() {
    const server = createServer();
    return ProxyServer.#open(server, (proxy) => {
      server.on('connection', (client) => {
        client.on('error', () => {});
        greet(client).then(
          ({ host, port }) => proxy.#reach(client, host, port, () => client.write(ANY_IPV4)),
          () => client.destroy(),
        );
      });
    });
  }

  static async #open(server, prepare) {
    const proxy = new ProxyServer();
    proxy.#server = server;
    prepare(proxy);
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return proxy;
  }

  get port() {
    return this.#server.address().port;
  }

  close() {
    this.#server.close();
  }

  #reach(client, host, port, onReached) {
    const target = connect({ host, port, noDelay: true });
    client.setNoDelay();
    target.once('connect', () => {
      this.passed++;
      onReached();
      join(client, target);
    });
    target.on('error', () => client.destroy());
    client.on('error', () => target.destroy());
  }
}

/** Hears what a client of a SOCKS5 proxy wants (RFC 1928). */
async function greet(client) {
  const [, methods] = await read(client, 2);
  await read(client, methods);
  client.write(Buffer.of(5, 0));
  const [, , , kind] = await read(client, 4);
  const [length] = kind === 3 ? await read(client, 1) : [4];
  const place = await read(client, length);
  const host = kind === 3 ? String(place) : [...place].join('.');
  return { host, port: (await read(client, 2)).readUInt16BE() };
}

/** The next `count` bytes of a socket that is not flowing. */
async function read(socket, count) {
  for (;;) {
    const bytes = socket.read(count);
    if (bytes !== null) return bytes;
    if (socket.readableEnded || socket.destroyed) throw new Error('the client has left');
    await Promise.race([once(socket, 'readable'), once(socket, 'close')]);
  }
}
