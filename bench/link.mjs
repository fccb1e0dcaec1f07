// `npm run bench -- link`: VCL over loopback beside raw datagrams and udx-native.
import { runSuite } from './link/suite.mjs';

export { OPTIONS } from './link/suite.mjs';

/** @param values as parsed from `OPTIONS` */
export async function run(values) {
  await runSuite(values, 'link');
}
