// A side of the compliance suite in a process of its own: one that is killed, or whose memory counts.
import {
  encodePublicKey,
  KeyPair,
  VCLConnection,
  VCLListener,
} from '../../../packages/vcl-protocol/dist/index.js';
import { serve } from '../../lib/carriers/orders.mjs';
import { bindOptions, carrierNamed } from './carriers.mjs';
import { squeeze } from './squeeze.mjs';

const MESSAGE = new Uint8Array(1_000);

serve({
  /** Listens, and talks to whoever comes. */
  async serve({ carrier, surroundings }) {
    const { scheme, ...rest } = carrierNamed(carrier);
    const identity = KeyPair.generate();
    const options = { clients: 'any', identity, ...bindOptions(rest, surroundings) };
    const listener = await VCLListener.bind(`${scheme}://127.0.0.1:0`, options);
    void acceptAll(listener);
    const { port } = listener.localAddress();
    return {
      address: `${scheme}://127.0.0.1:${port}`,
      serverKey: encodePublicKey(identity.publicKey),
    };
  },
  async connect({ carrier, surroundings, address, serverKey }) {
    const client = await VCLConnection.bind(
      '127.0.0.1:0',
      bindOptions(carrierNamed(carrier), surroundings),
    );
    await client.connect(address, { server: serverKey });
    talk(client);
    return {};
  },
  async squeeze({ carrier, surroundings, ...work }) {
    return await squeeze(carrierNamed(carrier), surroundings, work);
  },
});

async function acceptAll(listener) {
  for await (const connection of listener) talk(connection);
}

/** Sends now and then, and reads what comes; ends with the process. */
function talk(connection) {
  const timer = setInterval(() => connection.send(MESSAGE).catch(() => clearInterval(timer)), 10);
  void (async () => {
    for await (const _ of connection);
  })().catch(() => {});
}
