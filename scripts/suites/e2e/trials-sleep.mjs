// Machines that sleep: the process stands still, its clocks jump, or both.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { repeatedNonces, watchDatagrams } from './datagrams.mjs';
import { begin, mustPing } from './traffic.mjs';
import { eventually } from './vpn.mjs';

const SERVER_INSIDE = '10.8.0.1';
const BACK_MS = 2_000;
const MIN_RECORDS = 10;

/** The client's process stands still for a while. */
export async function stopped({ network, vpn, stopMs }) {
  return await watched({ network, vpn }, {}, async (client) => {
    await standStill(client, () => delay(stopMs));
    return await backSoon(network, client);
  });
}

/**
 * The machine sleeps for eight hours, and its clocks jump.
 *
 * @param isMonotonicToo as where time without work counts; Linux stops that clock
 * @param meanwhile what happens during the sleep
 */
export function slept({ isMonotonicToo, meanwhile = () => {} }) {
  return async ({ network, vpn }) => {
    const file = join(tmpdir(), `vcl-e2e-${process.pid}.time`);
    const env = {
      LD_PRELOAD: findLibrary(),
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_NO_CACHE: '1',
      ...(isMonotonicToo ? {} : { DONT_FAKE_MONOTONIC: '1' }),
    };
    writeFileSync(file, '+0\n');
    try {
      return await watched({ network, vpn }, env, async (client) => {
        await standStill(client, async () => {
          writeFileSync(file, '+8h\n');
          await meanwhile(vpn);
        });
        return await backSoon(network, client);
      });
    } finally {
      rmSync(file, { force: true });
    }
  };
}

/** Whether the clocks can be made to jump here. */
export function sleepObstacle() {
  return findLibrary() === undefined ? 'needs libfaketime' : undefined;
}

/** Runs a client of its own; what it sent and got must not have a nonce twice. */
async function watched({ network, vpn }, env, trial) {
  const client = vpn.invite(network.addClient(), '--routes', 'assigned');
  const keyLog = join(tmpdir(), `vcl-e2e-${process.pid}.keys`);
  const watch = await watchDatagrams(network, client.side);
  try {
    await client.up({ ...env, VCLKEYLOGFILE: keyLog });
    mustPing(network, client.side, SERVER_INSIDE);
    const { note, problems } = await trial(client);
    await client.stop();
    const capture = await watch.stop();
    const { sessions, records, repeated } = repeatedNonces(capture, readFileSync(keyLog, 'utf8'));
    if (records < MIN_RECORDS) problems.push(`only ${records} records were seen`);
    if (repeated > 0) problems.push(`${repeated} of ${records} records had a nonce of another one`);
    return {
      note: `${note}; ${records} records of ${sessions} sessions, no nonce twice`,
      problems,
    };
  } finally {
    await client.stop();
    await watch.stop();
    rmSync(keyLog, { force: true });
  }
}

async function standStill({ process: { pid } }, action) {
  process.kill(pid, 'SIGSTOP');
  try {
    await action();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

async function backSoon(network, { side }) {
  const start = performance.now();
  const running = begin(network, side, 'ping', '-n', '-i', '0.1', '-c', '200', SERVER_INSIDE);
  try {
    await eventually('a ping is answered', () => running.text().includes('bytes from'));
  } finally {
    running.child.kill();
  }
  const ms = Math.round(performance.now() - start);
  const problems = ms <= BACK_MS ? [] : [`data ${ms} ms after waking`];
  return { note: `data ${ms} ms after waking`, problems };
}

/** Where Debian has it, for the machine's kind of processor. */
function findLibrary() {
  const root = '/usr/lib';
  if (!existsSync(root)) return undefined;
  const paths = readdirSync(root).map((name) => join(root, name, 'faketime/libfaketimeMT.so.1'));
  return paths.find((path) => existsSync(path));
}
