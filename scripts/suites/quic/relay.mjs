// A relay of UDP between clients and one server, which remembers what clients send and can give them
// another address on the server's side, as a router does that has forgotten them.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const ADDRESS = '127.0.0.1';

async function bound() {
  const socket = createSocket('udp4');
  socket.bind(0, ADDRESS);
  await once(socket, 'listening');
  socket.setRecvBufferSize(4 << 20);
  return socket;
}

/** Stands between clients and the server at `serverPort`. */
export class Relay {
  #front;
  #serverPort;
  #upstream = new Map();
  #retired = [];
  /** What clients have sent since it was emptied last. */
  recorded = [];

  static async open(serverPort) {
    const relay = new Relay();
    relay.#serverPort = serverPort;
    relay.#front = await bound();
    relay.#front.on('message', (packet, { port }) => relay.#fromClient(packet, port));
    return relay;
  }

  get port() {
    return this.#front.address().port;
  }

  /** All clients come from other ports from here on. */
  async readdress() {
    for (const [clientPort, { socket }] of this.#upstream) {
      this.#retired.push(socket);
      this.#upstream.set(clientPort, { socket: await this.#newUpstream(clientPort), waiting: [] });
    }
  }

  /** Sends packets to the server once more, from an address of their own. */
  async replay(packets) {
    const socket = await bound();
    this.#retired.push(socket);
    for (const packet of packets) socket.send(packet, this.#serverPort, ADDRESS);
  }

  close() {
    for (const { socket } of this.#upstream.values()) socket?.close();
    for (const socket of this.#retired) socket.close();
    this.#front.close();
  }

  #fromClient(packet, clientPort) {
    this.recorded.push(packet);
    const known = this.#upstream.get(clientPort);
    if (known?.socket !== undefined) {
      known.socket.send(packet, this.#serverPort, ADDRESS);
    } else if (known !== undefined) {
      known.waiting.push(packet);
    } else {
      this.#begin(packet, clientPort);
    }
  }

  async #begin(packet, clientPort) {
    const entry = { socket: undefined, waiting: [packet] };
    this.#upstream.set(clientPort, entry);
    entry.socket = await this.#newUpstream(clientPort);
    for (const one of entry.waiting) entry.socket.send(one, this.#serverPort, ADDRESS);
  }

  async #newUpstream(clientPort) {
    const socket = await bound();
    socket.on('message', (packet) => this.#front.send(packet, clientPort, ADDRESS));
    return socket;
  }
}
