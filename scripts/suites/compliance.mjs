// The compliance suite: the same cases on every carrier, on this machine.
// `npm run compliance [-- --full] [-- --only word] [-- --carrier name]`
import { parseArgs } from 'node:util';
import { Checks } from './attack/checks.mjs';
import { CARRIERS } from './compliance/carriers.mjs';
import { reconnection, replaced, rotation } from './compliance/changes.mjs';
import { crowd } from './compliance/crowd.mjs';
import { lossOf } from './compliance/endings.mjs';
import { junkBefore, junkDuring } from './compliance/junk.mjs';
import { boundaries, closeBy, evidence, extremes, order } from './compliance/messages.mjs';
import { whyMissing } from './compliance/presence.mjs';
import { slowReader } from './compliance/pressure.mjs';
import { Table } from './compliance/table.mjs';
import { Surroundings, Tools } from './compliance/tools.mjs';

const { values } = parseArgs({
  options: {
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    carrier: { type: 'string' },
  },
});
const { full: isFull, only, carrier: wanted } = values;

/** A case that is `patient` mostly waits: all of these of a carrier run at once. */
const patient = true;
const CASES = [
  ['messages arrive in order', order],
  ['messages keep their boundaries', boundaries],
  ['messages of 0 bytes and of 16 MiB', extremes],
  ['chains and logs verify on both sides', evidence],
  ['the client closes, its last words arrive', closeBy('client')],
  ['the server closes, its last words arrive', closeBy('server')],
  ['a server that does not read', slowReader('server'), { patient }],
  ['a client that does not read', slowReader('client'), { patient }],
  ['the server is killed', lossOf('server'), { patient }],
  ['the client is killed', lossOf('client'), { patient }],
  ['junk before the handshake', junkBefore],
  ['junk during the handshake', junkDuring],
  ['many clients at once', crowd],
  ['keys change under traffic', rotation],
  ['the same object connects again', reconnection],
  ['the carrier is replaced under the session', replaced],
];

const strays = [];
for (const event of ['uncaughtException', 'unhandledRejection']) {
  process.on(event, (error) => strays.push(`${event}: ${error?.stack ?? error}`));
}

const checks = new Checks();
const carriers = CARRIERS.filter(({ name }) => wanted === undefined || name === wanted);
const cases = CASES.filter(([name]) => name.includes(only));
const table = new Table(
  carriers.map(({ name }) => name),
  cases.map(([name]) => name),
);
const surroundings = await Surroundings.open();
try {
  for (const carrier of carriers) await runCarrier(carrier);
} finally {
  surroundings.close();
}
table.print();
await checks.run('nothing was thrown that nobody caught', async () => ({ problems: strays }));
checks.finish();

async function runCarrier(carrier) {
  const missing = await whyMissing(carrier);
  const tools = new Tools(carrier, surroundings);
  const patientOnes = [];
  for (const one of cases) {
    const [name, , { patient: isPatient = false } = {}] = one;
    if (missing !== undefined) {
      checks.skip(`${carrier.name}: ${name}`, missing);
      table.set(name, carrier.name, 'skipped');
    } else if (isPatient) {
      patientOnes.push(one);
    } else {
      await runCase(one, tools);
    }
  }
  await Promise.all(patientOnes.map((one) => runCase(one, tools)));
}

async function runCase([name, run], tools) {
  const { carrier } = tools;
  const isPassed = await checks.run(`${carrier.name}: ${name}`, () => run(tools, { isFull }));
  table.set(name, carrier.name, isPassed ? 'passed' : 'failed');
}
