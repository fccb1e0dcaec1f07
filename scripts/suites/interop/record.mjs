// Records fresh sessions over UDP on the loopback address: captures, keys and session logs.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SeededRandom } from '../../../packages/testkit/dist/index.js';
import {
  chooseProvider,
  encodePublicKey,
  KeyPair,
  VCLConnection,
} from '../../../packages/vcl-protocol/dist/index.js';
import { tellingProvider } from './ephemerals.mjs';
import { startRelay } from './relay.mjs';

const LOSS = 0.04;
/** Datagrams of the client that are lost after a message that is sent once: a GAP must follow. */
const LOST_IN_A_ROW = 2;
const MESSAGES = 60;
/** A recording takes two seconds. */
const LIMIT_MS = 30_000;
/** Of the identity keys; made up for this suite. */
const SEEDS = { client: Buffer.alloc(32, 0x11), server: Buffer.alloc(32, 0x22) };
const LARGEST_BYTES = 20_000;

/**
 * What is recorded: two sessions of the same two sides one after the other, with all that identity
 * evidence has; and one with session evidence, a signature a message, a shared key, an invitation.
 */
export const SCENARIOS = [
  { name: 'identity', config: {}, sessions: 2 },
  {
    name: 'session',
    config: { evidence: 'session', signing: 'message', delivery: 'authenticated' },
    sessions: 1,
    psk: Buffer.alloc(32, 7),
    invitation: Buffer.alloc(32, 9),
  },
];

/**
 * Records a scenario.
 *
 * @param scenario one of {@link SCENARIOS}
 * @param {{ folder: string, seed: string }} place
 * @returns names of the files, and what the sides have sent
 */
export async function record(scenario, { folder, seed }) {
  const random = new SeededRandom(`${seed} ${scenario.name}`);
  const files = filesOf(join(folder, scenario.name));
  writeFileSync(files.secrets, scenario.psk ? `PSK - ${scenario.psk.toString('hex')}\n` : '');
  const common = commonOptions(scenario, files);
  const server = await VCLConnection.bind('127.0.0.1:0', {
    ...common,
    identity: KeyPair.fromSeed(SEEDS.server),
    clients: 'any',
    record: { file: files.serverLog },
  });
  const weather = new Weather(random);
  const relay = await startRelay({
    serverPort: server.localAddress().port,
    file: files.capture,
    loses: (direction) => weather.loses(direction),
  });
  try {
    for (let number = 0; number < scenario.sessions; number++) {
      await recordSession({ scenario, number, common, files, server, relay, random, weather });
    }
    await server.close();
  } finally {
    server.abort();
    await relay.stop();
  }
  return { ...scenario, files, seeds: SEEDS, ...relay.counts };
}

function commonOptions(scenario, files) {
  return {
    config: { ...scenario.config, rekeyPackets: 60 },
    crypto: tellingProvider(chooseProvider(), files.secrets),
    keyLogFile: files.keyLog,
    unsafe: scenario.psk !== undefined,
    signal: AbortSignal.timeout(LIMIT_MS),
    ...(scenario.invitation && { invitations: [scenario.invitation] }),
  };
}

/** A client with the same identity each time, which leaves in order while nothing is lost. */
async function recordSession(session) {
  const { scenario, number, common, files, server, relay, weather } = session;
  const client = await VCLConnection.bind('127.0.0.1:0', {
    ...common,
    identity: KeyPair.fromSeed(SEEDS.client),
    record: { file: files.clientLog, payloads: false, append: true },
  });
  try {
    if (scenario.psk) for (const side of [client, server]) side.setSharedKey(scenario.psk);
    const trust = trustOf(scenario, number, server);
    await Promise.all([server.acceptHandshake(), client.connect(relay.address, trust)]);
    await converse({ ...session, client });
    weather.isFair = true;
    await client.close();
    for await (const _ of server);
    weather.isFair = false;
  } finally {
    client.abort();
  }
}

/** Which datagrams are lost: some at random, and those of the client that have to be. */
class Weather {
  isFair = false;
  mustLose = 0;
  #random;

  constructor(random) {
    this.#random = random;
  }

  loses(direction) {
    if (this.isFair) return false;
    if (direction === 0 && this.mustLose > 0) {
      this.mustLose--;
      return true;
    }
    return this.#random.chance(LOSS);
  }
}

function filesOf(base) {
  return {
    secrets: `${base}.secrets`,
    keyLog: `${base}.keylog`,
    capture: `${base}.capture`,
    serverLog: `${base}-server.vcllog`,
    clientLog: `${base}-client.vcllog`,
  };
}

/** The outer secret (SPEC 2.5) is another in every session: open, the server's key, an invitation. */
function trustOf({ invitation }, number, server) {
  if (invitation) return { server: () => true, invitation };
  return { server: number === 0 ? () => true : encodePublicKey(server.getPublicKey()) };
}

/** Both sides send in both lanes, small and large, while keys change and the client moves. */
async function converse({ client, server, random, weather }) {
  const done = new AbortController();
  const reading = [client, server].map((side) => drain(side, done.signal));
  for (let number = 0; number < MESSAGES; number++) {
    const sends = [client.send(payload(random), optionsOf(random, number))];
    if (number % 3 === 0) sends.push(server.send(payload(random), optionsOf(random, number / 3)));
    await Promise.all(sends);
    if (number % 15 === 5) {
      weather.mustLose = LOST_IN_A_ROW;
      await client.send(payload(random), { reliability: 'unreliable' });
    }
    if (number % 20 === 10) await client.rotateKeys();
    if (number === MESSAGES >> 1) await client.rebind();
    await delay(2);
  }
  await delay(300);
  done.abort();
  await Promise.all(reading);
}

function payload(random) {
  const isLarge = random.next() < 0.1;
  const length = Math.floor(random.next() * (isLarge ? LARGEST_BYTES : 300));
  return Uint8Array.from({ length }, () => Math.floor(random.next() * 256));
}

/** In turn, so that both lanes of both directions have messages, however many are lost. */
function optionsOf(random, number) {
  const reliability = ['reliable', 'partial', 'unreliable'][number % 3];
  return { reliability, kind: random.next() < 0.5 ? 0 : Math.floor(random.next() * 65_536) };
}

async function drain(side, signal) {
  try {
    for (;;) await side.recv({ signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
