// Cases of junk: what anybody can send to the port of a server, before and while somebody connects.
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { until, within } from '../../lib/carriers/waiting.mjs';
import { exchange } from './pattern.mjs';

const LENGTHS = Array.from({ length: 50 }, (_, n) => n * 97);
const CONNECT_LIMIT_MS = 5_000;
const TLS_HELLO = Buffer.from('16030102000100 01fc0303'.replaceAll(' ', ''), 'hex');
const DATAGRAMS = 300;
const ROUNDS = 3;

/** Junk comes and stays, then a client connects. */
export async function junkBefore(tools) {
  return await tools.withScene({}, async (scene) => {
    const vandal = await Vandal.open(scene, tools);
    try {
      await vandal.attack();
      return await connectBesides(scene, vandal);
    } finally {
      vandal.close();
    }
  });
}

/** Junk comes at the same time as the client. */
export async function junkDuring(tools) {
  return await tools.withScene({}, async (scene) => {
    const vandal = await Vandal.open(scene, tools);
    try {
      const attacks = (async () => {
        for (let round = 0; round < ROUNDS; round++) await vandal.attack();
      })();
      const [outcome] = await Promise.all([connectBesides(scene, vandal), attacks]);
      return outcome;
    } finally {
      vandal.close();
    }
  });
}

async function connectBesides(scene, vandal) {
  const start = performance.now();
  const pair = await scene.connect();
  const ms = Math.round(performance.now() - start);
  const problems = await within(CONNECT_LIMIT_MS, 'the exchange', exchange(pair, LENGTHS));
  if (ms > CONNECT_LIMIT_MS) problems.push(`connecting took ${ms} ms`);
  if (scene.listener.connections.size !== 1) {
    problems.push(`${scene.listener.connections.size} sessions are up`);
  }
  await scene.closeBoth(pair);
  return { note: `${vandal.count} times, connected in ${ms} ms`, problems };
}

/** Somebody who sends junk to a server. */
class Vandal {
  #scene;
  #hello;
  #sockets = [];
  /** Pieces of junk so far. */
  count = 0;

  static async open(scene, tools) {
    const hello = scene.carrier.kind === 'stream' ? await helloOf(scene.carrier, tools) : undefined;
    return new Vandal(scene, hello);
  }

  constructor(scene, hello) {
    this.#scene = scene;
    this.#hello = hello;
  }

  /** Everything that this carrier's port can be sent; connections are left open. */
  async attack() {
    const { kind, network } = this.#scene.carrier;
    const { port } = this.#scene.listener.localAddress();
    if (network === 'memory') await this.#sendInMemory(port);
    else if (kind !== 'stream') await this.#sendDatagrams(port);
    if (kind === 'stream' || kind === 'both') await this.#openStreams(port);
  }

  close() {
    for (const socket of this.#sockets) {
      if ('destroy' in socket) socket.destroy();
      else void socket.close();
    }
  }

  async #openStreams(port) {
    await Promise.all(
      this.#streams().map(async (bytes) => {
        const socket = connect({ port, host: '127.0.0.1' });
        this.#sockets.push(socket.on('error', () => {}));
        await once(socket, 'connect');
        socket.resume().write(bytes);
        this.count++;
      }),
    );
  }

  #streams() {
    const hello = this.#hello ?? lengthBefore(randomBytes(400));
    const webSocket = upgrade('/vcl');
    return [
      randomBytes(2_000),
      Buffer.of(1),
      lengthBefore(randomBytes(400)),
      lengthBefore(randomBytes(1_023)).subarray(0, 90),
      Buffer.of(0, 0, 0, 0),
      hello.subarray(0, hello.length >> 1),
      Buffer.concat([hello, randomBytes(3_000)]),
      Buffer.concat([TLS_HELLO, randomBytes(300)]),
      Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
      Buffer.from(`POST /vcl HTTP/1.1\r\nHost: localhost\r\nX: ${'y'.repeat(9_000)}`),
      Buffer.from('CONNECT localhost:1 HTTP/1.1\r\n\r\n'),
      upgrade('/elsewhere'),
      webSocket,
      Buffer.concat([webSocket, Buffer.of(0x82, 0x84, 1, 2, 3, 4), randomBytes(4)]),
      Buffer.concat([webSocket, Buffer.of(0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 1, 2, 3, 4)]),
      Buffer.concat([webSocket, randomBytes(500)]),
      Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
    ];
  }

  async #sendDatagrams(port) {
    const socket = createSocket('udp4');
    this.#sockets.push(socket);
    for (let i = 0; i < DATAGRAMS; i++) {
      await new Promise((resolve) => socket.send(datagram(i), port, '127.0.0.1', resolve));
    }
    this.count += DATAGRAMS;
  }

  async #sendInMemory(port) {
    const network = this.#scene.network;
    const link = await network.open({ address: '127.0.0.9', port: 0, maxDatagramBytes: 1_500 });
    this.#sockets.push(link);
    for (let i = 0; i < DATAGRAMS; i++) {
      const bytes = datagram(i);
      link.reserve().set(bytes);
      link.send(bytes.length, { address: '127.0.0.1', port });
    }
    this.count += DATAGRAMS;
  }
}

/** The first bytes that a genuine client sends on a connection, up to the end of its hello. */
async function helloOf({ scheme, tls }, { bindClient }) {
  if (scheme !== 'tcp' || tls) return undefined;
  const sink = createServer((socket) => socket.on('error', () => {}));
  await once(sink.listen(0, '127.0.0.1'), 'listening');
  const chunks = [];
  sink.on('connection', (socket) => socket.on('data', (chunk) => chunks.push(chunk)));
  const client = await bindClient();
  const attempt = client.connect(`tcp://127.0.0.1:${sink.address().port}`, { server: () => true });
  attempt.catch(() => {});
  await until(5_000, 'a hello', () => chunks.length > 0);
  client.abort();
  sink.close();
  return Buffer.concat(chunks);
}

function datagram(i) {
  return randomBytes(i % 3 === 0 ? 1_200 : 1 + ((i * 31) % 600));
}

function lengthBefore(bytes) {
  return Buffer.concat([Buffer.of(bytes.length >> 8, bytes.length & 255), bytes]);
}

function upgrade(path) {
  return Buffer.from(
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: vcl1\r\n` +
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n\r\n`,
  );
}
