// Honest clients that come while a flood is on: one after the other, each timed from its first hello
// until its session is up.
import { VCLConnection } from '../../../packages/vcl-protocol/dist/index.js';
import { serve } from './orders.mjs';

/** Between two of them. */
const PAUSE_MS = 100;

let times = [];
let failures = [];
let running;

serve({
  start(options) {
    times = [];
    failures = [];
    running = { isWanted: true };
    running.done = comeAndGo(options, running);
    return {};
  },
  async stop() {
    running.isWanted = false;
    await running.done;
    return { times, failures };
  },
});

async function comeAndGo(options, run) {
  while (run.isWanted) {
    await comeOnce(options);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function comeOnce({ local, server, serverKey }) {
  const connection = await VCLConnection.bind(`${local}:0`);
  const start = performance.now();
  try {
    await connection.connect(server, serverKey && { server: Buffer.from(serverKey, 'hex') });
    times.push(performance.now() - start);
  } catch (error) {
    failures.push(String(error));
  } finally {
    await connection.close({ lingerMs: 200 }).catch(() => {});
  }
}
