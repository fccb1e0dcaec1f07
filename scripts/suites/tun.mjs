// The tun suite: devices on the real kernel, in a network namespace that ends with the suite, and the
// loop of Windows against a library that was compiled for it. `npm run tun [-- --full]`; most of it
// needs root.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { SIZES, transfer } from './tun/bridge-trials.mjs';
import {
  deleted,
  flood,
  guideDevice,
  heldFrames,
  kernelAnswers,
  oneAfterTheOther,
  processAnswers,
} from './tun/kernel-trials.mjs';
import { busy, ends, refusal } from './tun/process-trials.mjs';
import { ringLoop, wintunObstacle } from './tun/wintun-trials.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    inside: { type: 'boolean', default: false },
  },
});
const { large, small } = values.full ? SIZES.full : SIZES.ci;

const kernelChecks = [
  ['the kernel answers pings through a device', () => kernelAnswers(true)],
  ['the kernel answers pings through a device without offloads', () => kernelAnswers(false)],
  ['a socket is answered through a device', () => processAnswers(true)],
  ['a socket is answered through a device without offloads', () => processAnswers(false)],
  [
    'TCP crosses two devices in super-packets',
    () => transfer({ family: 4, offloads: true, bytes: large }),
  ],
  [
    'TCP over IPv6 crosses them as well',
    () => transfer({ family: 6, offloads: true, bytes: large }),
  ],
  [
    'TCP crosses devices without offloads',
    () => transfer({ family: 4, offloads: false, bytes: small }),
  ],
  ['a flood leaves no memory behind', flood],
  ['a user that holds all memory stops the device until it gives some back', heldFrames],
  ['an interface that is deleted ends its device', deleted],
  ['devices one after the other use the memory of one', oneAfterTheOther],
  ['the device of the guide reads, writes and has its addresses', guideDevice],
  ['an interface is open once', busy],
  ['a process ends within 1 s of closing its device', () => ends('close')],
  ['a process with an open device can exit within 1 s', () => ends('exit')],
  ['without rights, the error says what to do', () => refusal('nobody', /CAP_NET_ADMIN/)],
  ['without koffi, the error says what to do', () => refusal('no-koffi', /koffi.*Cannot find/)],
  ['in a worker, the error says why not', () => refusal('in-worker', /main thread/)],
  [
    'without a thread to wait, the error says what to do',
    () => refusal('close', /UV_THREADPOOL_SIZE/, { UV_THREADPOOL_SIZE: '1' }),
  ],
];

const obstacle = kernelObstacle();
if (obstacle === undefined && !values.inside) {
  const args = [
    '--expose-gc',
    fileURLToPath(import.meta.url),
    '--inside',
    ...process.argv.slice(2),
  ];
  const { status } = spawnSync('unshare', ['-n', process.execPath, ...args], { stdio: 'inherit' });
  process.exitCode = status ?? 1;
} else {
  await runChecks();
}

async function runChecks() {
  const checks = new Checks();
  for (const [name, action] of kernelChecks) {
    if (obstacle === undefined) await checks.run(name, action);
    else checks.skip(name, obstacle);
  }
  const ringName = 'the loop of Windows drives a compiled library as Wintun wants it';
  const ringObstacle = wintunObstacle();
  if (ringObstacle === undefined) await checks.run(ringName, ringLoop);
  else checks.skip(ringName, ringObstacle);
  checks.finish();
}

/** Why there can be no devices here; undefined when there can. */
function kernelObstacle() {
  if (process.platform !== 'linux') return 'needs Linux';
  if (process.getuid() !== 0) return 'needs root for network interfaces';
  if (!existsSync('/dev/net/tun')) return 'needs /dev/net/tun: modprobe tun';
  try {
    createRequire(import.meta.url)('koffi');
    execFileSync('unshare', ['-n', 'ip', 'link'], { stdio: 'ignore' });
    return undefined;
  } catch (error) {
    return `needs koffi, the command ip and leave to make namespaces: ${error.message.split('\n')[0]}`;
  }
}
