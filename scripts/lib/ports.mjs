// Examples name one port, and what checks them runs beside other programs: so they move to a free one.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** The first port that a program names: after an address, or as a property. */
const PORT = /(?:127\.0\.0\.1|0\.0\.0\.0|localhost|::1?\]):(\d{2,5})\b|\bport:\s*(\d{2,5})\b/;

/**
 * Replaces the port that the programs name, everywhere in them, by one that is free.
 *
 * @param {string[]} programs sources of programs that talk to each other
 * @returns {Promise<(text: string) => string>} what does the same to another text, such as the output
 */
export async function moveToFreePort(programs) {
  const match = PORT.exec(programs.join('\n'));
  if (match === null) return (text) => text;
  const written = new RegExp(`\\b${match[1] ?? match[2]}\\b`, 'g');
  const free = String(await freePort());
  return (text) => text.replace(written, free);
}

/** A port that is free for TCP and UDP on the loopback address, as far as that can be known. */
async function freePort() {
  for (;;) {
    const tcp = createServer().listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    const { port } = tcp.address();
    const isFree = await udpIsFree(port);
    tcp.close();
    await once(tcp, 'close');
    if (isFree) return port;
  }
}

async function udpIsFree(port) {
  const socket = createSocket('udp4');
  const bound = once(socket, 'listening').then(
    () => true,
    () => false,
  );
  socket.bind(port, '127.0.0.1');
  const isFree = await bound;
  if (isFree) socket.close();
  return isFree;
}
