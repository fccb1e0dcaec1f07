// Something that stands between a client and a server and passes TCP on, until it is told to cut it.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** Joins two sockets: what one says the other hears, and they end together. */
export function join(one, other) {
  one.pipe(other).pipe(one);
  for (const [socket, partner] of [
    [one, other],
    [other, one],
  ]) {
    socket.on('error', () => {});
    socket.on('close', () => partner.destroy());
  }
}

/** A forwarder at a port of this machine. */
export class Forwarder {
  #server;
  #pairs = new Set();
  /** How many connections it has passed on. */
  count = 0;

  /** @param target `host` and `port` to pass connections on to */
  static async open(target) {
    const forwarder = new Forwarder(target);
    await once(forwarder.#server.listen(0, '127.0.0.1'), 'listening');
    return forwarder;
  }

  constructor({ host, port }) {
    this.#server = createServer((client) => {
      const server = connect({ host, port, noDelay: true });
      const pair = [client.setNoDelay(), server];
      this.count++;
      this.#pairs.add(pair);
      client.on('close', () => this.#pairs.delete(pair));
      join(client, server);
    });
  }

  get port() {
    return this.#server.address().port;
  }

  /** Resets every connection, with whatever is on its way. @returns how many there were */
  reset() {
    const { size } = this.#pairs;
    for (const pair of this.#pairs) for (const socket of pair) socket.resetAndDestroy();
    return size;
  }

  close() {
    this.#server.close();
    this.reset();
  }
}
