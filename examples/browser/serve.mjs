// One listener: it hands out the page over HTTP, and talks to the pages over VCL, on the same port.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { encodePublicKey, VCLListener } from 'vcl-protocol';
import { buildPage } from './build-page.mjs';
import { IDLE_TIMEOUT_MS } from './messages.js';
import { Room } from './room.mjs';

/**
 * Starts the server.
 *
 * @param {{ address: string, folder: string }} options where to listen, and where to keep identity
 * and logs
 * @returns `url` to open, with the key of the server behind the `#`; the folder of the session `logs`;
 * the `room`; `close()`
 */
export async function serve({ address, folder }) {
  const logs = join(folder, 'logs');
  await mkdir(folder, { recursive: true });
  const page = await buildPage();
  const listener = await VCLListener.bind(address, {
    identity: join(folder, 'server.key'),
    clients: 'any',
    idleTimeoutMs: IDLE_TIMEOUT_MS,
    record: { directory: logs },
    carriers: { onRequest: (request, response) => page.answer(request, response) },
  });
  const room = new Room();
  const welcoming = welcome(listener, room);
  const { port } = listener.localAddress();
  return {
    // What stands behind the # is for the page only: a browser never sends it.
    url: `http://127.0.0.1:${port}/#${encodePublicKey(listener.getPublicKey())}`,
    logs,
    room,
    async close() {
      await listener.close();
      await welcoming;
    },
  };
}

async function welcome(listener, room) {
  for await (const connection of listener) void room.welcome(connection);
}
