import sodium from 'libsodium-wrappers';
import { describeProvider } from '../../../core/test/crypto/provider-suite.js';
import { chooseProvider, listProviders } from '../../src/node/crypto/choose.js';
import { sodiumProvider } from '../../src/web/crypto/sodium.js';

// The suite of the core runs on noble there; here it runs on what Node adds. A provider that does
// not load on this machine is reported by choose.test.ts.
for (const { name, loads } of listProviders()) {
  if (loads && name !== 'noble') describeProvider(chooseProvider(name));
}

await sodium.ready;
describeProvider(sodiumProvider(sodium));
