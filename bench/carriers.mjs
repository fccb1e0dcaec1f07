// `npm run bench -- carriers`: VCL over TCP and WebSocket beside node:tls and bare ws.
import { runSuite } from './link/suite.mjs';

export { OPTIONS } from './link/suite.mjs';

/** @param values as parsed from `OPTIONS` */
export async function run(values) {
  await runSuite(values, 'carriers');
}
