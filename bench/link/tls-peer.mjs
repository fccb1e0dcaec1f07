// TLS 1.3 of Node, in OpenSSL: what carries bytes most quickly when they have to be encrypted.
import { once } from 'node:events';
import { connect, createServer } from 'node:tls';
import { splitter } from './splitter.mjs';

const HOST = '127.0.0.1';

/** Counts the messages of the first client. */
export async function openReceiver({ one, peer }, onMessage) {
  const { generate } = await import('selfsigned');
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
  });
  // A stream has no messages: they are told apart only where each carries a stamp.
  const count = (chunk) => onMessage(chunk, false);
  const split = one.figure === 'latency' ? splitter(one.messageBytes, onMessage) : count;
  const server = createServer({ cert, key, ...suiteOf(peer) }, (socket) => {
    socket.setNoDelay(true);
    socket.on('data', split);
    socket.on('error', () => {});
  });
  server.listen(0, HOST);
  await once(server, 'listening');
  return { address: { port: server.address().port }, close: () => server.close() };
}

/** @returns a sender that asks to wait while the socket is full */
export async function openSender({ port }, { peer }) {
  // The certificate was made for this run; nothing of worth is sent.
  const socket = connect({ host: HOST, port, rejectUnauthorized: false, ...suiteOf(peer) });
  await once(socket, 'secureConnect');
  socket.setNoDelay(true);
  socket.on('error', () => {});
  return {
    send: (message) => (socket.write(message) ? undefined : once(socket, 'drain')),
    close: () => socket.destroy(),
  };
}

function suiteOf(peer) {
  const ciphers = peer === 'tls-chacha' ? { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' } : {};
  return { minVersion: 'TLSv1.3', ...ciphers };
}
