// What `vcl verify` takes from the package vcl-protocol, with cryptography that costs nothing.
import { createFakeProvider } from './fake-crypto.mjs';

export {
  encodePublicKey,
  fingerprint,
} from '../../../packages/vcl-protocol/dist/identity/public-key.js';

const provider = createFakeProvider();

export function chooseProvider() {
  return provider;
}
