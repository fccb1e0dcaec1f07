// The transfer suite: folders and streams by the built command over UDP on this machine, with both
// sides killed on the way. `npm run transfer [-- --full]`
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { killedPull, killedPush } from './transfer/killed.mjs';
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
await check('standard input arrives at standard output', pipe, 50 * MB);
await check('a recorded transfer is whole for vcl verify', recordedPush, 10 * MB);
checks.finish();

async function check(name, transfer, bytes) {
  const scene = await Scene.open();
  try {
    await checks.run(name, () => transfer(scene, { bytes, limitMs }));
  } finally {
    await scene.close();
  }
}
