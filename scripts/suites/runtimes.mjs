// The suite of the runtimes: vectors, UDP, TCP and WebSocket on Node, Bun, Deno and on Windows' Node,
// each with itself and with the Node that runs this. `npm run runtimes [-- --full] [-- --only Bun]`
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { makeCertificate } from '../lib/carriers/certificate.mjs';
import { ROOT } from '../lib/files.mjs';
import { CARRIERS } from '../lib/runtimes/carriers.mjs';
import { fromRoot, sessions, suiteOf, whatLoads } from '../lib/runtimes/checks.mjs';
import { install, stopServices } from '../lib/runtimes/install.mjs';
import { RUNTIMES } from '../lib/runtimes/runtimes.mjs';
import { bundleSuites, SUITES } from '../lib/runtimes/suites.mjs';
import { tool } from '../lib/steps.mjs';
import { Checks } from './attack/checks.mjs';
import { Table } from './compliance/table.mjs';

const { values } = parseArgs({
  options: { full: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
});
const { full: isFull, only } = values;

const OURS = { command: [process.execPath], env: {} };
const LOADS = 'what loads';
const WITH_ITSELF = CARRIERS.map(({ name }) => `${name}: a session with itself`);
const WITH_NODE = CARRIERS.map(
  ({ name }) => `${name}: sessions with Node ${process.versions.node}`,
);
const suiteNames = isFull ? Object.keys(SUITES) : ['vectors'];
const runtimes = RUNTIMES.filter(({ name, isQuick }) =>
  only === '' ? isFull || isQuick : name.includes(only),
);

const checks = new Checks();
const table = new Table(
  runtimes.map(({ name }) => name),
  [LOADS, ...suiteNames.map(suiteRow), ...WITH_ITSELF, ...WITH_NODE],
);
build();
// Not in node_modules, from where Deno loads nothing outside.
const modules = join(ROOT, `.vcl/runtimes-${process.pid}`);
const suites = await bundleSuites(modules, suiteNames);
const certificate = await makeCertificate();
const folder = mkdtempSync(join(tmpdir(), 'vcl-runtimes-'));
try {
  for (const runtime of runtimes) await tryRuntime(runtime);
} finally {
  for (const runtime of runtimes) stopServices(runtime);
  for (const path of [folder, modules]) rmSync(path, { recursive: true, force: true });
}
table.print();
checks.finish();

/** Builds what is not there; what is there may be somebody's work in progress. */
function build() {
  if (existsSync(join(ROOT, 'packages/vcl-protocol/dist/index.js'))) return;
  const [command, ...args] = tool('typescript/bin/tsc', '-b', 'tsconfig.build.json');
  const { status } = spawnSync(command, args, { cwd: ROOT, stdio: 'inherit' });
  if (status !== 0) throw new Error('the build has failed: its errors stand above');
}

function suiteRow(name) {
  return `tests: ${name}`;
}

async function tryRuntime(runtime) {
  const started = install(runtime);
  if (started.reason !== undefined) {
    const rows = [LOADS, ...suiteNames.map(suiteRow), ...WITH_ITSELF, ...WITH_NODE];
    for (const row of rows) skip(runtime, row, started.reason);
    return;
  }
  await check(runtime, LOADS, () => whatLoads(started, ownFolder(runtime)));
  for (const name of suiteNames) {
    const reason = runtime.cannotTest?.[name];
    if (reason !== undefined) {
      skip(runtime, suiteRow(name), reason);
      continue;
    }
    const main = fromRoot(suites.get(name));
    const options = { main, name, folder: ownFolder(runtime), cannot: runtime.cannot };
    await check(runtime, suiteRow(name), () => suiteOf(started, options));
  }
  await trySessions(runtime, started);
}

async function trySessions(runtime, started) {
  const options = { folder: ownFolder(runtime), certificate };
  const { cannotServe = {} } = runtime;
  const served = CARRIERS.filter(({ name }) => cannotServe[name] === undefined);
  const pair = (name, sides, carriers) => sessions(sides, { ...options, name, carriers });
  const itself = await pair('itself', { server: started, client: started }, served);
  const asServer = await pair('as server', { server: started, client: OURS }, served);
  const asClient = await pair('as client', { server: OURS, client: started }, CARRIERS);
  for (const [i, { name }] of CARRIERS.entries()) {
    const reason = cannotServe[name];
    if (reason !== undefined) skip(runtime, WITH_ITSELF[i], reason);
    else await check(runtime, WITH_ITSELF[i], () => ({ problems: itself.get(name) }));
    const problems = [...(asServer.get(name) ?? []), ...asClient.get(name)];
    const note = reason === undefined ? undefined : 'as client only';
    await check(runtime, WITH_NODE[i], () => ({ note, problems }));
  }
}

async function check({ name }, row, action) {
  const isPassed = await checks.run(`${name}: ${row}`, action);
  table.set(row, name, isPassed ? 'passed' : 'failed');
}

function skip({ name }, row, reason) {
  checks.skip(`${name}: ${row}`, reason);
  table.set(row, name, 'skipped');
}

function ownFolder({ name }) {
  const own = join(folder, name);
  mkdirSync(own, { recursive: true });
  return own;
}
