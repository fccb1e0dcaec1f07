// The writer of the stall suite: sends as fast as `send` lets it and says when that stands still.
import { createHash } from 'node:crypto';
import { VCLConnection } from '../../../packages/vcl-protocol/dist/index.js';
import { GrowthWatch } from './memory.mjs';
import { receive, tell } from './orders.mjs';
import { fillMessage } from './pattern.mjs';

const { address, serverKey, messageBytes, warmUp, total, standstillMs } = await receive('write');
const connection = await VCLConnection.bind('127.0.0.1:0');
await connection.connect(address, { server: Buffer.from(serverKey, 'hex') });

const hash = createHash('sha256');
const payload = new Uint8Array(messageBytes);
let sent = 0;

await write(warmUp);
await receive('measure');
const watch = await GrowthWatch.start();
tell('ready');

await receive('fill');
const done = write(total);
await standstill();
tell('stalled', { sent });
await receive('report');
tell('report', { sent, ...(await watch.end()) });

await done;
await connection.close();
tell('done', { sent, digest: hash.digest('hex') });
process.disconnect();

async function write(until) {
  for (; sent < until; sent++) {
    hash.update(fillMessage(sent, payload));
    await connection.send(payload);
  }
}

/** Resolves when nothing was accepted for a while; the reader is told to read much later. */
async function standstill() {
  for (let last = -1; last !== sent; ) {
    last = sent;
    await new Promise((resolve) => setTimeout(resolve, standstillMs));
  }
}
