// WebSocket of the package ws and nothing on top.
import { once } from 'node:events';

const HOST = '127.0.0.1';
const FULL_BYTES = 1024 * 1024;

/** Counts the messages of the first client. */
export async function openReceiver(_settings, onMessage) {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({ host: HOST, port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => {
    socket.on('message', (data) => onMessage(data, false));
    socket.on('error', () => {});
  });
  await once(server, 'listening');
  return { address: { port: server.address().port }, close: () => server.close() };
}

/** @returns a sender that asks to wait while the socket is full */
export async function openSender({ port }) {
  const { WebSocket } = await import('ws');
  const socket = new WebSocket(`ws://${HOST}:${port}`, { perMessageDeflate: false });
  await once(socket, 'open');
  socket.on('error', () => {});
  return {
    send(message) {
      if (socket.bufferedAmount < FULL_BYTES) {
        socket.send(message);
        return undefined;
      }
      return new Promise((resolve) => socket.send(message, resolve));
    },
    close: () => socket.terminate(),
  };
}
