// A stream of udx-native: ordered and congestion-controlled, in C, neither encrypted nor signed.
import { once } from 'node:events';

const HOST = '127.0.0.1';
const RECEIVER_ID = 1;
const SENDER_ID = 2;
/** Writes behind each other before the stream is asked to drain: it takes them as one. */
const BATCH = 8;
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
const HELLO_EVERY_MS = 20;

/** Counts the bytes of the stream, which has no messages. */
export async function openReceiver(_settings, onMessage) {
  const { socket, stream } = await open(RECEIVER_ID);
  stream.on('data', (data) => onMessage(data, false));
  // Neither side knows the port of the other before, so the sender says hello and gets it back.
  socket.on('message', (hello, { port }) => {
    if (!stream.connected) stream.connect(socket, SENDER_ID, port, HOST);
    socket.trySend(hello, port, HOST);
  });
  return { address: { port: socket.address().port }, close: () => stream.destroy() };
}

/** @returns a sender that asks to wait while the stream is full */
export async function openSender({ port }) {
  const { socket, stream } = await open(SENDER_ID);
  const hello = setInterval(() => socket.trySend(Buffer.from('hello'), port, HOST), HELLO_EVERY_MS);
  await once(socket, 'message');
  clearInterval(hello);
  stream.connect(socket, RECEIVER_ID, port, HOST);
  let written = 0;
  let wake;
  stream.on('drain', () => wake?.());
  return {
    send(message) {
      const isFull = !stream.write(message);
      if (!isFull || ++written % BATCH !== 0) return undefined;
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    close: () => stream.destroy(),
  };
}

async function open(id) {
  const { default: UDX } = await import('udx-native');
  const udx = new UDX();
  const socket = udx.createSocket();
  socket.bind(0, HOST);
  socket.setRecvBufferSize(SOCKET_BUFFER_BYTES);
  socket.setSendBufferSize(SOCKET_BUFFER_BYTES);
  const stream = udx.createStream(id);
  // The other side ends without a word when the round is over.
  stream.on('error', () => {});
  return { socket, stream };
}
