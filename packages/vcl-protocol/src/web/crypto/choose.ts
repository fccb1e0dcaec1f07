import { type CryptoProvider, createNobleProvider, VCLError } from '@vcl-protocol/core';
import type { ProviderName } from '../../platform.js';
import { fillRandom } from './random.js';

let noble: CryptoProvider | undefined;

/**
 * The provider of browsers unless the page hands one in: noble, the same object at every call.
 *
 * @throws VCLError `InvalidConfig` for another name
 */
export function chooseProvider(name: ProviderName = 'noble'): CryptoProvider {
  if (name !== 'noble') {
    throw new VCLError(
      'InvalidConfig',
      `there is no crypto provider ${name} in a browser: leave the option crypto out, or pass ` +
        'sodiumProvider(sodium) with libsodium-wrappers',
    );
  }
  noble ??= createNobleProvider(fillRandom);
  return noble;
}
