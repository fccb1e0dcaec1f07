// One process of the tun suite with one device: says what it does and ends as it was told.
import Module from 'node:module';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const OPTIONS = { name: 'vclc%d', mtu: 1420 };
const way = process.argv[2] ?? 'worker';

if (way === 'no-koffi') {
  const load = Module._load;
  Module._load = (name, ...rest) => {
    if (name === 'koffi') throw new Error("Cannot find module 'koffi'");
    return load(name, ...rest);
  };
}
if (way === 'nobody') {
  process.setgid(65_534);
  process.setuid(65_534);
}
const { openTunDevice } = await import('../../../packages/tunnel/dist/device/open-device.js');

if (way === 'in-worker') {
  new Worker(new URL(import.meta.url), { argv: ['worker'] });
} else {
  try {
    await run(openTunDevice(OPTIONS));
  } catch (error) {
    console.log(error.message);
  }
}

async function run(device) {
  device.start({ onFrame: (frame) => frame.release(), onIdle() {}, onLost() {} });
  // Long enough for a thread to wait for packets.
  await delay(300);
  if (way === 'close') await device.close();
  console.log('done');
  if (way === 'exit') process.exit(0);
}
