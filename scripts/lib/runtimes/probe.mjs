// Says what of the optional parts loads in the runtime that is tried: one line in the file that the
// command line names.
import { createRequire } from 'node:module';
import { addResult } from './notes.mjs';

const { describeUdp, listProviders } = await import('../../../packages/vcl-protocol/dist/index.js');
const here = new URL('../../../packages/vcl-protocol/dist/index.js', import.meta.url);
const require = createRequire(here);
const quic = `@matrixai/quic-${process.platform}-${process.arch}`;
addResult(process.argv[2], {
  providers: listProviders(),
  udp: describeUdp(),
  packages: ['ws', 'socks', quic].map((name) => ({ name, reason: whyMissing(name) })),
});
process.exit();

function whyMissing(name) {
  try {
    require(name);
    return undefined;
  } catch (error) {
    return String(error?.message ?? error).split('\n')[0];
  }
}
