import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { AsyncQueue } from '../../../src/async-queue.js';

/** TCP passed on to another port, which keeps the client's connection open when the server ends its own. */
export interface StubbornWire {
  readonly port: number;
  /** Clients that have ended their connection. */
  readonly ended: AsyncQueue<Socket>;
  destroy(): void;
}

export async function stubbornWire(to: number): Promise<StubbornWire> {
  const sockets = new Set<Socket>();
  const ended = new AsyncQueue<Socket>();
  const server: Server = createServer({ allowHalfOpen: true }, (client) => {
    const behind = connect(to, '127.0.0.1');
    for (const socket of [client, behind]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.once('end', () => ended.push(client));
    client.pipe(behind);
    behind.pipe(client, { end: false });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    ended,
    destroy() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
