// Datagrams of Node and nothing on top, but for credit: whoever sends without any loses a quarter
// of it at the receiver's socket, which no transport would bear.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** Datagrams under way, at most. */
const WINDOW = 1024;
const CREDIT_EVERY = 32;
const CREDIT_BYTES = 8;
/** Without credit for so long, what is under way counts as lost. */
const STALL_MS = 50;
const SOCKET_BUFFER_BYTES = 4 * 1024 * 1024;
const HOST = '127.0.0.1';

/** Counts what comes and says so now and then. */
export async function openReceiver(_settings, onMessage) {
  const socket = await bind();
  const credit = Buffer.alloc(CREDIT_BYTES);
  let count = 0;
  socket.on('message', (data, from) => {
    onMessage(data, false);
    if (++count % CREDIT_EVERY !== 0) return;
    credit.writeDoubleLE(count);
    socket.send(credit, from.port, from.address);
  });
  return { address: { port: socket.address().port }, close: () => socket.close() };
}

/** @returns a sender that asks to wait while the window is full */
export async function openSender({ port }) {
  const socket = await bind();
  socket.connect(port, HOST);
  await once(socket, 'connect');
  let sent = 0;
  let confirmed = 0;
  let lost = 0;
  let wake;
  const room = () => WINDOW - (sent - lost - confirmed);
  const resume = () => {
    if (wake === undefined || room() <= 0) return;
    wake();
    wake = undefined;
  };
  socket.on('message', (data) => {
    confirmed = data.readDoubleLE();
    resume();
  });
  let seen = 0;
  const timer = setInterval(() => {
    if (seen === confirmed) lost = sent - confirmed;
    seen = confirmed;
    resume();
  }, STALL_MS);
  return {
    send(message) {
      socket.send(message);
      sent++;
      if (room() > 0) return undefined;
      return new Promise((resolve) => {
        wake = resolve;
      });
    },
    close() {
      clearInterval(timer);
      socket.close();
    },
  };
}

async function bind() {
  const socket = createSocket({
    type: 'udp4',
    recvBufferSize: SOCKET_BUFFER_BYTES,
    sendBufferSize: SOCKET_BUFFER_BYTES,
  });
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return socket;
}
