// One side of the sessions of the runtimes suite, in a process of the runtime that is tried. The plan
// is a file named on the command line: the role, the folder for notes and logs, the carriers.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { converseAsClient, converseAsServer } from './conversation.mjs';
import { verifyBoth } from './evidence.mjs';
import { addResult, awaitNote, leaveNote } from './notes.mjs';

/** A runtime that has to be emulated takes seconds to start. */
const NOTE_LIMIT_MS = 40_000;

const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const report = join(plan.folder, `${plan.role}.report`);
const side = plan.role === 'server' ? serve : visit;

process.on('unhandledRejection', (error) => fail('unhandled rejection', error));
process.on('uncaughtException', (error) => fail('uncaught exception', error));

const vcl = await import('../../../packages/vcl-protocol/dist/index.js');
for (const carrier of plan.carriers) {
  const start = performance.now();
  let problems;
  try {
    problems = await side(carrier);
  } catch (error) {
    problems = [text(error)];
  }
  const seconds = (performance.now() - start) / 1000;
  addResult(report, { carrier: carrier.name, seconds, problems });
}
addResult(report, { isEnd: true });
process.exit();

async function serve(carrier) {
  const listener = await vcl.VCLListener.bind(`${addressScheme(carrier)}127.0.0.1:0`, {
    clients: 'any',
    record: { directory: join(plan.folder, `${carrier.name} logs`) },
    ...transport(carrier),
  });
  try {
    const { port } = listener.localAddress();
    const server = vcl.encodePublicKey(listener.getPublicKey());
    leaveNote(plan.folder, `${carrier.name}.ready`, { port, server });
    const signal = AbortSignal.timeout(NOTE_LIMIT_MS);
    const connection = await listener.accept({ signal });
    const problems = await converseAsServer(connection, { carrier, signal });
    await listener.close();
    return problems.concat(await verifyBoth(vcl, { plan, carrier, limitMs: NOTE_LIMIT_MS }));
  } finally {
    await listener.close();
  }
}

async function visit(carrier) {
  const note = await awaitNote(plan.folder, `${carrier.name}.ready`, NOTE_LIMIT_MS);
  const connection = await vcl.VCLConnection.bind('127.0.0.1:0', {
    record: { file: join(plan.folder, `${carrier.name}.vcllog`) },
    ...transport(carrier),
  });
  try {
    const signal = AbortSignal.timeout(NOTE_LIMIT_MS);
    const { server, port } = note;
    await connection.connect(`${carrier.scheme}://127.0.0.1:${port}`, { server, signal });
    const problems = await converseAsClient(connection, { carrier, signal });
    await connection.close();
    return problems.concat(await verifyBoth(vcl, { plan, carrier, limitMs: NOTE_LIMIT_MS }));
  } finally {
    connection.abort();
  }
}

/** Everything on one port, as a listener does unless told otherwise; another network has UDP alone. */
function addressScheme({ isPlain }) {
  return isPlain ? 'udp://' : '';
}

function transport({ isPlain }) {
  const { cert, key } = plan.certificate;
  if (isPlain) return { network: vcl.dgramNetwork };
  return { carriers: { proxy: 'none', tls: { cert, key, ca: cert, servername: 'localhost' } } };
}

function fail(what, error) {
  addResult(report, { carrier: what, seconds: 0, problems: [text(error)] });
}

function text(error) {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause === undefined ? '' : ` [cause: ${text(error.cause)}]`;
  const code = typeof error.code === 'string' ? error.code : '';
  return `${code} ${error.name} ${error.message} ${error.stack ?? ''}${cause}`.trim();
}
