// A UDP relay on the loopback address between one server and its clients. It loses some datagrams
// and writes down all of them.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';

const LOOPBACK = '127.0.0.1';

/**
 * Starts a relay. The file it writes is described in interop/README.md: a line a datagram, with the
 * time, the direction, the client's socket, whether it was passed on, and its bytes.
 *
 * @param {object} options
 * @param {number} options.serverPort where datagrams of clients go
 * @param {string} options.file the capture
 * @param {(direction: number) => boolean} options.loses asked for every datagram
 * @returns what clients connect to, and how to end it
 */
export async function startRelay({ serverPort, file, loses }) {
  const capture = createWriteStream(file);
  const front = await bound();
  const clients = new Map();
  const start = performance.now();
  const counts = { datagrams: 0, lost: 0 };

  function pass(direction, client, datagram, send) {
    const isLost = loses(direction);
    const ms = (performance.now() - start).toFixed(3);
    const fate = isLost ? 'lost' : 'passed';
    capture.write(`${ms} ${direction} ${client} ${fate} ${datagram.toString('hex')}\n`);
    counts.datagrams++;
    if (isLost) counts.lost++;
    else send(datagram);
  }

  async function openBack({ address, port }) {
    const number = clients.size;
    const back = await bound();
    back.on('message', (datagram) =>
      pass(1, number, datagram, (bytes) => front.send(bytes, port, address)),
    );
    return { number, back };
  }

  front.on('message', (datagram, from) => {
    const key = `${from.address}:${from.port}`;
    if (!clients.has(key)) clients.set(key, openBack(from));
    clients.get(key).then(({ number, back }) => {
      pass(0, number, datagram, (bytes) => back.send(bytes, serverPort, LOOPBACK));
    });
  });

  return {
    address: `${LOOPBACK}:${front.address().port}`,
    counts,
    async stop() {
      front.close();
      for (const client of clients.values()) (await client).back.close();
      capture.end();
      await once(capture, 'close');
    },
  };
}

async function bound() {
  const socket = createSocket('udp4').bind(0, LOOPBACK);
  await once(socket, 'listening');
  return socket;
}
