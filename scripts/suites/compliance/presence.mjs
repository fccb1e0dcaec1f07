// Which carriers there are here.
import { KeyPair, VCLListener } from '../../../packages/vcl-protocol/dist/index.js';
import { bindOptions } from './carriers.mjs';

/** Why this machine does not have the carrier; undefined when it does. */
export async function whyMissing(carrier) {
  if (!carrier.quic) return undefined;
  try {
    const options = { clients: 'any', identity: KeyPair.generate(), ...bindOptions(carrier, {}) };
    const listener = await VCLListener.bind('quic://127.0.0.1:0', options);
    await listener.close();
    return undefined;
  } catch (error) {
    return `QUIC cannot be had here: ${error.message}`;
  }
}
