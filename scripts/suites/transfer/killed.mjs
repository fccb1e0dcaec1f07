// A folder is sent, the sender is killed on the way, then the receiver, and the commands are repeated.
import { mkdir } from 'node:fs/promises';
import { differences, makeFolder } from './corpus.mjs';

const MIB = 2 ** 20;
/** What may be sent twice over both kills. */
const MAX_TWICE_BYTES = 16 * MIB;
/** Progress is told each MiB: so much may have been sent since the last line of one that was killed. */
const UNTOLD_BYTES = MIB;
/** A peer that is silent for 15 s is gone. */
const MAX_GONE_MS = 25_000;

/** vcl send: both sides are killed once. @returns note and problems for `Checks` */
export async function killedPush(scene, { bytes, limitMs }) {
  const total = await prepare(scene, bytes);
  const args = ['send', scene.path('folder'), '--accept-new', '--json', '--progress', 'json'];
  const listenArgs = ['--into', scene.path('inbox')];
  const server = await scene.listen(listenArgs);
  const send = () => scene.client([...args, scene.address]);

  const first = send();
  await first.until('40 %', () => done(first) >= 0.4 * total, limitMs);
  await first.kill();
  const sentByFirst = first.events.at(-1).bytesSent + UNTOLD_BYTES;

  const second = send();
  await second.until('60 %', () => done(second) >= 0.6 * total, limitMs);
  await server.kill();
  const startedMs = performance.now();
  await scene.listen(listenArgs);
  const exit = await second.ended(limitMs);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);

  const { bytesSent, bytesKept, reconnects, carrier } = second.document;
  const twice = sentByFirst + bytesSent - total;
  const problems = await differences(scene.path('folder'), scene.path('inbox', 'folder'));
  if (exit !== 0) problems.push(`vcl send ended with ${exit}: ${second.stderr.slice(-500)}`);
  if (twice > MAX_TWICE_BYTES) problems.push(`${mib(twice)} were sent twice, 16 MiB are allowed`);
  if (carrier !== scene.carrier) problems.push(`over ${carrier} instead of ${scene.carrier}`);
  if (reconnects < 1) problems.push('the sender did not connect again');
  const note = `${mib(total)}; at most ${mib(twice)} sent twice; ${mib(bytesKept)} kept; done ${seconds} s after the second kill`;
  return { note, problems };
}

/** The server is killed and does not come back: the sender ends soon, and says why. @returns note and problems */
export async function goneServer(scene, { bytes, limitMs }) {
  const total = await prepare(scene, bytes);
  const server = await scene.listen(['--into', scene.path('inbox')]);
  const args = ['send', scene.path('folder'), scene.address, '--accept-new', '--give-up', '0'];
  const sender = scene.client([...args, '--progress', 'json']);
  await sender.until('20 %', () => done(sender) >= 0.2 * total, limitMs);
  await server.kill();
  const startedMs = performance.now();
  const exit = await sender.ended(MAX_GONE_MS);
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const problems = exit === 74 ? [] : [`vcl send ended with ${exit} instead of 74`];
  const last = sender.stderr.trim().split('\n').at(-1);
  if (!last.includes(`${scene.address} was lost`)) problems.push(`it said: ${last}`);
  return { note: `${seconds} s after the server`, problems };
}

/** vcl receive: killed once, and repeated. @returns note and problems for `Checks` */
export async function killedPull(scene, { bytes, limitMs }) {
  const total = await prepare(scene, bytes);
  await scene.listen(['--share', scene.path('folder')]);
  const args = ['receive', scene.address, '--into', scene.path('copy')];
  const receive = () => scene.client([...args, '--accept-new', '--json', '--progress', 'json']);

  const first = receive();
  await first.until('50 %', () => done(first) >= 0.5 * total, limitMs);
  await first.kill();
  const receivedByFirst = first.events.at(-1).bytesReceived;

  const second = receive();
  const exit = await second.ended(limitMs);
  const { bytesReceived } = second.document;
  const twice = receivedByFirst + UNTOLD_BYTES + bytesReceived - total;
  const problems = await differences(scene.path('folder'), scene.path('copy'));
  if (exit !== 0) problems.push(`vcl receive ended with ${exit}: ${second.stderr.slice(-500)}`);
  if (twice > MAX_TWICE_BYTES) problems.push(`${mib(twice)} came twice, 16 MiB are allowed`);
  return { note: `${mib(total)}; at most ${mib(twice)} came twice`, problems };
}

async function prepare(scene, bytes) {
  await mkdir(scene.path('folder'));
  return await makeFolder(scene.path('folder'), bytes);
}

function done(vcl) {
  return vcl.events.at(-1)?.bytesDone ?? 0;
}

function mib(bytes) {
  return `${(bytes / MIB).toFixed(1)} MiB`;
}
