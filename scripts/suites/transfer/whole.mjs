// Transfers that nobody disturbs: a folder with a log of it, and a stream from end to end.
import { mkdir, open, readdir } from 'node:fs/promises';
import { differences, makeFolder, sha256Of, writeRandom } from './corpus.mjs';

/** A folder, recorded on both sides, and both logs verified. @returns note and problems */
export async function recordedPush(scene, { bytes, limitMs }) {
  await mkdir(scene.path('folder'));
  const total = await makeFolder(scene.path('folder'), bytes);
  const server = await scene.listen([
    '--into',
    scene.path('inbox'),
    '--record',
    scene.path('logs'),
  ]);
  const log = scene.path('session.vcllog');
  const args = ['send', scene.path('folder'), scene.address, '--accept-new', '--json'];
  const sender = scene.client([...args, '--record', log]);
  const exit = await sender.ended(limitMs);
  const problems = await differences(scene.path('folder'), scene.path('inbox', 'folder'));
  if (exit !== 0) problems.push(`vcl send ended with ${exit}: ${sender.stderr.slice(-500)}`);
  await server.interrupt();
  const [theirs] = await readdir(scene.path('logs'));
  for (const file of [log, scene.path('logs', theirs)]) {
    const verified = scene.client(['verify', file]);
    const verdict = await verified.ended(limitMs);
    if (verdict !== 0)
      problems.push(`vcl verify ${file} ended with ${verdict}: ${verified.stdout}`);
  }
  const { elapsedMs, files } = sender.document;
  return { note: `${files} files, ${rate(total, elapsedMs)}`, problems };
}

/** A folder, as fast as it goes, and again when nothing is to be sent. @returns note and problems */
export async function plainPush(scene, { bytes, limitMs }) {
  await mkdir(scene.path('folder'));
  const total = await makeFolder(scene.path('folder'), bytes);
  await scene.listen(['--into', scene.path('inbox')]);
  const send = async () => {
    const args = ['send', scene.path('folder'), scene.address, '--accept-new', '--json'];
    const sender = scene.client(args);
    const exit = await sender.ended(limitMs);
    return { ...sender.document, exit };
  };
  const first = await send();
  const problems = await differences(scene.path('folder'), scene.path('inbox', 'folder'));
  const second = await send();
  if (first.exit !== 0 || second.exit !== 0) problems.push(`${first.exit} and ${second.exit}`);
  for (const { carrier } of [first, second]) {
    if (carrier !== scene.carrier) problems.push(`over ${carrier} instead of ${scene.carrier}`);
  }
  if (second.bytesSent > 0) problems.push(`${second.bytesSent} bytes were sent again`);
  const note = `${first.files} files, ${rate(total, first.elapsedMs)}; compared: ${rate(total, second.elapsedMs)}`;
  return { note, problems };
}

/** Standard input to standard output. @returns note and problems */
export async function pipe(scene, { bytes, limitMs }) {
  await writeRandom(scene.path('source'), bytes);
  const source = await open(scene.path('source'));
  const sink = await open(scene.path('sink'), 'w');
  try {
    const server = await scene.listen(['--into', '-'], { stdout: sink.fd });
    const args = ['send', '-', scene.address, '--accept-new', '--json'];
    const sender = scene.client(args, { stdin: source.fd });
    const exits = [await sender.ended(limitMs), await server.ended(limitMs)];
    const problems = exits.some((exit) => exit !== 0) ? [`ended with ${exits}`] : [];
    const digests = [await sha256Of(scene.path('source')), await sha256Of(scene.path('sink'))];
    if (digests[0] !== digests[1]) problems.push(`SHA-256 ${digests.join(' and ')}`);
    const { elapsedMs } = sender.document;
    return { note: `${rate(bytes, elapsedMs)}, SHA-256 ${digests[0].slice(0, 16)}`, problems };
  } finally {
    await source.close();
    await sink.close();
  }
}

function rate(bytes, ms) {
  return `${(bytes / 1e6).toFixed(1)} MB in ${(ms / 1000).toFixed(2)} s, ${(bytes / ms / 1000).toFixed(1)} MB/s`;
}
