// Packets between this process and the kernel, through one device.

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { VCLTun } from '../../../packages/tunnel/dist/vcl-tun.js';
import { ip } from '../../lib/namespaces.mjs';
import { handler, open, within, write } from './devices.mjs';
import { echoRequest4, echoRequest6, isUdp4, replySequence, turnAround } from './packets.mjs';

const OURS = [10, 91, 0, 1];
const THEIRS = [10, 91, 0, 2];
const OURS6 = [0xfd, 0x91, ...Array(13).fill(0), 1];
const THEIRS6 = [0xfd, 0x91, ...Array(13).fill(0), 2];
const ADDRESSES = ['10.91.0.1/24', 'fd91::1/64'];
const LARGEST_BYTES = 1420 - 48;
const MIB = 2 ** 20;

/** The kernel answers pings that this process writes. */
export async function kernelAnswers(offloads) {
  const device = open('vcl%d', ADDRESSES, { offloads });
  const answered = [new Set(), new Set()];
  const count = 200;
  device.start(
    handler((packet) => {
      const sequence = replySequence(packet);
      if (sequence !== undefined) answered[packet[0] >> 4 === 4 ? 0 : 1].add(sequence);
    }),
  );
  for (let sequence = 0; sequence < count; sequence++) {
    const bytes = (sequence * 37) % LARGEST_BYTES;
    write(device, echoRequest4({ from: THEIRS, to: OURS, sequence, bytes }));
    write(device, echoRequest6({ from: THEIRS6, to: OURS6, sequence, bytes }));
    await within(1000, () => answered.every((set) => set.size > sequence - 8));
  }
  await within(3000, () => answered.every((set) => set.size === count));
  await device.close();
  const problems = answered
    .map((set, i) => `IPv${i === 0 ? 4 : 6}: ${set.size} of ${count} answered`)
    .filter((_, i) => answered[i].size !== count);
  if (device.offloads !== offloads) problems.push(`offloads: ${device.offloads}`);
  return { note: `${device.name}, 2 x ${count} pings`, problems };
}

/** This process answers datagrams of a real socket. */
export async function processAnswers(offloads) {
  const device = open('vclt0', ADDRESSES, { offloads });
  device.start(
    handler((packet, frame) => {
      if (!isUdp4(packet)) return;
      turnAround(packet);
      device.reserve().set(frame.bytes.subarray(0, frame.length));
      device.write(frame.length);
    }),
  );
  const socket = await udpSocket();
  const count = 500;
  const roundTrips = [];
  for (let i = 0; i < count; i++) {
    const start = performance.now();
    socket.send(Buffer.alloc(1 + ((i * 13) % 1390), i), 7, '10.91.0.2');
    const answer = await Promise.race([once(socket, 'message'), timeout(2000)]);
    if (answer === undefined) break;
    roundTrips.push(performance.now() - start);
  }
  socket.close();
  await device.close();
  const median = roundTrips.sort((a, b) => a - b)[roundTrips.length >> 1]?.toFixed(2);
  const problems = roundTrips.length === count ? [] : [`${roundTrips.length} of ${count} answers`];
  return { note: `median ${median} ms`, problems };
}

/** A hundred thousand packets each way leave no memory behind. */
export async function flood() {
  const device = open('vclt0', ADDRESSES);
  let received = 0;
  device.start(handler((packet) => isUdp4(packet) && received++));
  const socket = await udpSocket();
  const target = echoRequest4({ from: THEIRS, to: [10, 91, 0, 255], sequence: 0, bytes: 1200 });
  const run = async (rounds) => {
    for (let round = 0; round < rounds; round++) {
      const sent = Array.from({ length: 100 }, () => {
        write(device, target);
        return new Promise((resolve) => socket.send(Buffer.alloc(1000), 9, '10.91.0.2', resolve));
      });
      await Promise.all(sent);
      await eventLoop();
    }
  };
  await run(200);
  globalThis.gc?.();
  const before = process.memoryUsage.rss();
  await run(1000);
  globalThis.gc?.();
  const grownMiB = (process.memoryUsage.rss() - before) / MIB;
  socket.close();
  await device.close();
  const problems = grownMiB < 24 ? [] : [`${grownMiB.toFixed(1)} MiB more`];
  if (received < 60_000) problems.push(`only ${received} of 120000 received`);
  return { note: `${received} received, ${grownMiB.toFixed(1)} MiB more`, problems };
}

/** A user that holds all memory stops the device; it goes on when memory comes back. */
export async function heldFrames() {
  const device = open('vclt0', ADDRESSES);
  const held = [];
  let holds = true;
  let later = 0;
  device.start({
    onFrame(frame) {
      if (holds) held.push(frame);
      else {
        later++;
        frame.release();
      }
    },
    onIdle() {},
    onLost() {},
  });
  const socket = await udpSocket();
  for (let i = 0; i < 3000; i++) {
    await new Promise((resolve) => socket.send(Buffer.alloc(100), 9, '10.91.0.2', resolve));
    if (i % 50 === 0) await eventLoop();
  }
  const most = held.length;
  holds = false;
  for (const frame of held) frame.release();
  socket.send(Buffer.alloc(100), 9, '10.91.0.2');
  const goesOn = await within(2000, () => later > 0);
  socket.close();
  await device.close();
  const problems = goesOn ? [] : ['nothing is read after the memory came back'];
  if (most !== 1024 + 64) problems.push(`${most} frames were held`);
  return { note: `${most} held, ${later} later`, problems };
}

/** An interface that is deleted ends its device, once. */
export async function deleted() {
  const device = open('vclt0', ADDRESSES);
  const lost = [];
  device.start(
    handler(
      () => {},
      (error) => lost.push(error.message),
    ),
  );
  ip('link', 'delete', 'vclt0');
  await within(2000, () => lost.length > 0);
  const written = write(device, echoRequest4({ from: THEIRS, to: OURS, sequence: 0, bytes: 0 }));
  await within(100, () => false);
  await device.close();
  await device.close();
  const problems = lost.length === 1 ? [] : [`lost ${lost.length} times`];
  if (written) problems.push('it still takes packets');
  return { note: lost[0], problems };
}

/** Twenty devices one after the other use the memory of one; their interfaces are gone. */
export async function oneAfterTheOther() {
  const before = process.memoryUsage.rss();
  for (let i = 0; i < 20; i++) {
    const device = open('vclt0', ADDRESSES);
    device.start(handler(() => {}));
    device.reserve().fill(1);
    await device.close();
  }
  const grownMiB = (process.memoryUsage.rss() - before) / MIB;
  const problems = grownMiB < 24 ? [] : [`${grownMiB.toFixed(1)} MiB more`];
  if (ip('link').includes('vclt0')) problems.push('the interface is still there');
  return { note: `${grownMiB.toFixed(1)} MiB more`, problems };
}

/** The guide's VCLTun reads what a socket sends and writes the answer. */
export async function guideDevice() {
  const tun = await VCLTun.create({ name: 'vclg%d', addresses: ['fd92::1/64'] });
  try {
    return await answerOnce(tun);
  } finally {
    await tun.close();
  }
}

async function answerOnce(tun) {
  const socket = await udpSocket('10.0.0.1');
  const answered = once(socket, 'message');
  socket.send('hello', 7, '10.0.0.2');
  const signal = AbortSignal.timeout(3000);
  let packet = await tun.readPacket(signal);
  while (!isUdp4(packet)) packet = await tun.readPacket(signal);
  turnAround(packet);
  const taken = tun.writePacket(packet);
  const [message] = (await Promise.race([answered, timeout(2000)])) ?? ['nothing'];
  socket.close();
  const shown = ip('address', 'show', 'dev', tun.name);
  const problems = ['10.0.0.1/24', 'fd92::1/64', `mtu ${tun.mtu}`]
    .filter((text) => !shown.includes(text))
    .map((text) => `the interface has no ${text}`);
  if (!taken || String(message) !== 'hello') problems.push(`the answer was ${message}`);
  return { note: `${tun.name}, ${packet.length} bytes`, problems };
}

async function udpSocket(address = '10.91.0.1') {
  const socket = createSocket('udp4');
  socket.bind(0, address);
  await once(socket, 'listening');
  return socket;
}

/** Sending datagrams alone never lets the event loop turn. */
function eventLoop() {
  return new Promise((resolve) => setImmediate(resolve));
}

function timeout(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
