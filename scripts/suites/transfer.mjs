// The transfer suite: folders and streams by the built command on this machine, over UDP, TCP and
// WebSocket, with both sides killed on the way. `npm run transfer [-- --full]`
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { goneServer, killedPull, killedPush } from './transfer/killed.mjs';
import { Scene } from './transfer/scene.mjs';
import { pipe, plainPush, recordedPush } from './transfer/whole.mjs';

const MB = 1_000_000;
const { values } = parseArgs({ options: { full: { type: 'boolean', default: false } } });
const { full } = values;
const limitMs = full ? 15 * 60_000 : 90_000;

const checks = new Checks();
await check('a folder arrives, and is not sent again', plainPush, full ? 1000 * MB : 60 * MB);
await check(
  'a folder arrives though both sides are killed',
  killedPush,
  full ? 1024 * MB : 60 * MB,
);
await check('a folder is fetched though the receiver is killed', killedPull, 60 * MB);
await check('a folder arrives over TCP', plainPush, full ? 1000 * MB : 40 * MB, 'tcp');
await check('a folder arrives over a WebSocket', plainPush, full ? 1000 * MB : 40 * MB, 'ws');
await check('a folder arrives over TCP though both sides are killed', killedPush, 60 * MB, 'tcp');
await check('a folder arrives over a WebSocket though both are killed', killedPush, 60 * MB, 'ws');
await check('a sender over TCP ends when its server is gone', goneServer, 60 * MB, 'tcp');
await check('standard input arrives at standard output', pipe, 50 * MB);
await check('a recorded transfer is whole for vcl verify', recordedPush, 10 * MB);
checks.finish();

async function check(name, transfer, bytes, scheme = 'udp') {
  const scene = await Scene.open(scheme);
  try {
    await checks.run(name, () => transfer(scene, { bytes, limitMs }));
  } finally {
    await scene.close();
  }
}
