// Prints as JSON what sessions at rest cost a server: `node --expose-gc idle-sessions.mjs [sessions]`.
import { setTimeout } from 'node:timers/promises';
import { writeHeapSnapshot } from 'node:v8';
import { SessionFarm } from './session-farm.mjs';

const sessions = Number(process.argv[2] ?? 10_000);
const snapshotFile = process.argv[3];
/** What is made once, by the first sessions, is not the price of another one. */
const WARM_UP = 200;
/** Collections until nothing more goes: buffers are freed behind the collector's back. */
const MAX_COLLECTIONS = 40;
const PAUSE_MS = 50;
const SETTLED = 0.001;
/** Sessions with traffic, datagrams of each in a round, and rounds of which the quickest counts. */
const ACTIVE = 100;
const BURST = 20;
const ROUNDS = 9;
const PAYLOAD = new Uint8Array(400);

/** Bytes in use after a collection, backing stores of typed arrays included. */
async function bytesInUse() {
  let last = Number.POSITIVE_INFINITY;
  for (let round = 0; round < MAX_COLLECTIONS; round++) {
    globalThis.gc();
    await setTimeout(PAUSE_MS);
    const { heapUsed, external } = process.memoryUsage();
    if (last - heapUsed - external < SETTLED * last && round > 2) break;
    last = heapUsed + external;
  }
  return process.memoryUsage();
}

/** Clients that are forgotten once they are connected: only the server's side stays. */
function grow(farm, count) {
  for (let n = 0; n < count; n++) farm.connect();
  farm.settle();
}

/** Microseconds of processor time that the server takes for a datagram, its answers included. */
function packetMicros(farm) {
  const clients = Array.from({ length: ACTIVE }, () => farm.connect());
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) best = Math.min(best, roundMicros(farm, clients));
  return best;
}

function roundMicros(farm, clients) {
  farm.now += 30;
  const arrivals = clients.flatMap((client) => {
    client.endpoint.handleTimeout(farm.now);
    for (let n = 0; n < BURST; n++) {
      client.connection.send(PAYLOAD, { reliability: 'reliable' }, farm.now);
    }
    return farm.sentBy(client).map((data) => ({ data, client }));
  });
  const start = process.cpuUsage();
  for (const { data, client } of arrivals) farm.arrive(client, data);
  const answers = farm.sentByServer();
  const { user, system } = process.cpuUsage(start);
  const byAddress = new Map(clients.map((client) => [client.from.address, client]));
  for (const answer of answers) {
    const client = byAddress.get(answer.to.address);
    if (client !== undefined) farm.answer(client, answer);
  }
  return (user + system) / arrivals.length;
}

const farm = new SessionFarm();
grow(farm, WARM_UP);
const before = await bytesInUse();
grow(farm, sessions);
const after = await bytesInUse();
if (snapshotFile !== undefined) writeHeapSnapshot(snapshotFile);

// The compiler needs some rounds before figures can be compared.
for (let i = 0; i < 4; i++) packetMicros(new SessionFarm());
const fewMicros = packetMicros(new SessionFarm());
const manyMicros = packetMicros(farm);
console.log(
  JSON.stringify({
    sessions,
    heapBytes: Math.round((after.heapUsed - before.heapUsed) / sessions),
    externalBytes: Math.round((after.external - before.external) / sessions),
    fewMicros: Number(fewMicros.toFixed(2)),
    manyMicros: Number(manyMicros.toFixed(2)),
  }),
);
