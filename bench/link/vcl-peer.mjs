// VCL as an application uses it: a listener, a connection, `send` and `for await`, and the default
// configuration, under which a message is handed over once a signature of the sender covers it.
import { VCLConnection, VCLListener } from '../../packages/vcl-protocol/dist/index.js';
import { wayOf } from './peers.mjs';

/** Reads all messages of the first client. */
export async function openReceiver({ peer }, onMessage) {
  const { scheme, network } = wayOf(peer);
  const options = { clients: 'any', ...(network && { network }) };
  const listener = await VCLListener.bind(`${scheme}://127.0.0.1:0`, options);
  void readAll(listener, onMessage);
  const { port } = listener.localAddress();
  const address = { port, key: Buffer.from(listener.getPublicKey()).toString('hex') };
  return { address, close: () => listener.close({ lingerMs: 0 }) };
}

/** @returns a sender whose `send` is that of the connection */
export async function openSender({ port, key }, { peer }) {
  const { scheme, network } = wayOf(peer);
  const connection = await VCLConnection.bind(`${scheme}://127.0.0.1:0`, network && { network });
  await connection.connect(`${scheme}://127.0.0.1:${port}`, { server: Buffer.from(key, 'hex') });
  return { send: (message) => connection.send(message), close: () => connection.abort() };
}

async function readAll(listener, onMessage) {
  const connection = await listener.accept();
  try {
    for await (const { payload, verified } of connection) onMessage(payload, verified);
  } catch (error) {
    // The sender breaks off when the round is over.
    if (error.code !== 'ConnectionClosed') throw error;
  }
}
