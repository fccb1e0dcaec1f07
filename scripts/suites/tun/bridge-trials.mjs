// TCP between two network namespaces, through two devices that this process joins.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { openTunDevice } from '../../../packages/tunnel/dist/device/open-device.js';
import { ip } from '../../lib/namespaces.mjs';
import { MTU, open } from './devices.mjs';

const PEER = new URL('tcp-peer.mjs', import.meta.url).pathname;
const GSO_TYPE = 1;
const MIB = 2 ** 20;

/** @param {{ family: 4 | 6, offloads: boolean, bytes: number }} transfer */
export async function transfer({ family, offloads, bytes }) {
  const [ours, theirs] =
    family === 4 ? ['10.92.0.1/24', '10.92.0.2/24'] : ['fd92::1/64', 'fd92::2/64'];
  const near = open('vclta', [ours], { offloads });
  const far = openTunDevice({ name: 'vcltb', mtu: MTU, offloads });
  const peer = spawn('unshare', ['-n', process.execPath, PEER], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: peer.stdout })[Symbol.asyncIterator]();
  try {
    await lines.next();
    ip('link', 'set', 'dev', 'vcltb', 'netns', String(peer.pid));
    peer.stdin.write(`${JSON.stringify({ name: 'vcltb', address: theirs })}\n`);
    const port = Number((await lines.next()).value);
    const counts = join(near, far);
    const start = performance.now();
    const wanted = createHash('sha256');
    const digest = await send({ host: theirs.split('/')[0], port, bytes, wanted });
    const seconds = (performance.now() - start) / 1000;
    const problems = digest === wanted.digest('hex') ? [] : [`other bytes arrived: ${digest}`];
    const { superPackets, frames, longest } = counts;
    if (offloads !== superPackets > 0) problems.push(`${superPackets} super-packets`);
    if (!offloads && longest > MTU + 10) problems.push(`a frame of ${longest} bytes`);
    const rate = ((8 * bytes) / seconds / 1e6).toFixed(0);
    const note = `${rate} Mbit/s, ${superPackets} of ${frames} frames to be cut, longest ${longest}`;
    return { note, problems };
  } finally {
    peer.kill('SIGKILL');
    await Promise.all([near.close(), far.close(), once(peer, 'exit')]);
  }
}

/** Writes into each device what the other reads. */
function join(near, far) {
  const counts = { frames: 0, superPackets: 0, longest: 0 };
  const pass = (to) => ({
    onFrame(frame) {
      counts.frames++;
      counts.longest = Math.max(counts.longest, frame.length);
      if (frame.bytes[GSO_TYPE] !== 0) counts.superPackets++;
      to.reserve().set(frame.bytes.subarray(0, frame.length));
      to.write(frame.length);
      frame.release();
    },
    onIdle() {},
    onLost() {},
  });
  near.start(pass(far));
  far.start(pass(near));
  return counts;
}

/** Sends bytes to the peer. @returns what it says their digest is */
async function send({ host, port, bytes, wanted }) {
  const socket = connect({ host, port });
  await once(socket, 'connect');
  const chunk = Buffer.alloc(64 * 1024);
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    chunk.fill(sent / chunk.length);
    const copy = Buffer.from(chunk);
    wanted.update(copy);
    if (!socket.write(copy)) await once(socket, 'drain');
  }
  socket.end();
  let digest = '';
  socket.setTimeout(20_000, () => socket.destroy(new Error('no answer')));
  for await (const data of socket) digest += data;
  return digest;
}

export const SIZES = {
  ci: { large: 64 * MIB, small: 16 * MIB },
  full: { large: 1024 * MIB, small: 128 * MIB },
};
