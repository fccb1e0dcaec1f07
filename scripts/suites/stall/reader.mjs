// The reader of the stall suite: reads a little, then nothing until it is told to, then everything.
import { createHash } from 'node:crypto';
import { KeyPair, VCLConnection } from '../../../packages/vcl-protocol/dist/index.js';
import { GrowthWatch } from './memory.mjs';
import { receive, tell } from './orders.mjs';
import { fillMessage } from './pattern.mjs';

const { messageBytes, warmUp } = await receive('listen');
const identity = KeyPair.generate();
const connection = await VCLConnection.bind('127.0.0.1:0', { clients: 'any', identity });
const { address, port } = connection.localAddress();
tell('listening', {
  address: `${address}:${port}`,
  serverKey: Buffer.from(identity.publicKey).toString('hex'),
});
await connection.acceptHandshake();

const hash = createHash('sha256');
const wanted = new Uint8Array(messageBytes);
let read = 0;
let wrong = 0;

while (read < warmUp) take(await connection.recv());
tell('warm');
await receive('measure');
const watch = await GrowthWatch.start();
tell('ready');

await receive('report');
tell('report', await watch.end());

await receive('read');
const start = performance.now();
const readBefore = read;
for await (const packet of connection) take(packet);
const seconds = (performance.now() - start) / 1000;
await connection.close();
tell('done', {
  read,
  wrong,
  digest: hash.digest('hex'),
  seconds,
  messages: read - readBefore,
});
process.disconnect();

function take({ payload }) {
  hash.update(payload);
  if (Buffer.compare(payload, fillMessage(read, wanted)) !== 0) wrong++;
  read++;
}
