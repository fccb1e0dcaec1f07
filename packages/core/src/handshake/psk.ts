import { VCLError } from '../errors.js';
import { KEY_BYTES } from './registry.js';

/**
 * Checks a pre-shared key before it is used (SPEC 4.3).
 *
 * @throws VCLError `InvalidKey` when it is not 32 bytes, or zeros, which would mean no key
 */
export function checkPsk(psk: Uint8Array | undefined): void {
  if (psk === undefined) return;
  if (psk.length !== KEY_BYTES || psk.every((byte) => byte === 0)) {
    throw new VCLError('InvalidKey', 'a pre-shared key is 32 random bytes, the same on both sides');
  }
}
