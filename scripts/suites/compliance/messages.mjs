// Cases about messages: their order, their boundaries, the shortest and the longest, their evidence.
import { within } from '../../lib/carriers/waiting.mjs';
import { exchange, receiveAll, sendAll } from './pattern.mjs';

const KIB = 1024;
const MIB = 1024 * KIB;
const EXCHANGE_MS = 60_000;

/** Around the sizes of datagrams, of records, and of what lengths of two bytes can say. */
const EDGES = [
  0,
  0,
  1,
  2,
  63,
  64,
  1_199,
  1_200,
  1_201,
  16_383,
  16_384,
  16_385,
  65_535,
  65_536,
  65_537,
  0,
  MIB,
  1,
];

/** Messages of mixed lengths both ways, more than any window or buffer takes at once. */
export async function order(tools, { isFull }) {
  const count = isFull ? 20_000 : 1_500;
  const lengths = Array.from({ length: count }, (_, n) => (n * 7_919) % 3_001);
  return await tools.withScene({}, async (scene) => {
    const pair = await scene.connect();
    const problems = carrierProblems(scene, pair);
    problems.push(...(await exchanged(pair, lengths)));
    await scene.closeBoth(pair);
    return { problems };
  });
}

export async function boundaries(tools) {
  return await tools.withScene({}, async (scene) => {
    const pair = await scene.connect();
    const problems = await exchanged(pair, EDGES);
    await scene.closeBoth(pair);
    return { problems };
  });
}

/** Nothing, then as much as a message may hold, then nothing: up and down at once. */
export async function extremes(tools) {
  return await tools.withScene({}, async (scene) => {
    const pair = await scene.connect();
    const start = performance.now();
    const problems = await exchanged(pair, [0, 16 * MIB, 0]);
    const seconds = (performance.now() - start) / 1000;
    await scene.closeBoth(pair);
    return { note: `${((2 * 16 * MIB) / 1e6 / seconds).toFixed(0)} MB/s`, problems };
  });
}

/** Messages both ways, of which logs on both sides prove every one. */
export async function evidence(tools) {
  const lengths = Array.from({ length: 300 }, (_, n) => n * 11);
  return await tools.withScene({ isRecorded: true }, async (scene) => {
    const pair = await scene.connect();
    const events = Object.values(pair).map((side) => lastVerified(side.subscribe()));
    const problems = await exchanged(pair, lengths);
    await scene.closeBoth(pair);
    for (const through of await Promise.all(events)) {
      if (through !== lengths.length) problems.push(`verified through ${through} only`);
    }
    problems.push(...(await scene.logProblems(1, [lengths.length, lengths.length])));
    return { problems };
  });
}

/** Everything that was sent before a side closes arrives, and the other side hears of the close. */
export function closeBy(side) {
  return async (tools) =>
    await tools.withScene({}, async (scene) => {
      const pair = await scene.connect();
      const closer = pair[side];
      const other = side === 'client' ? pair.server : pair.client;
      const lengths = Array.from({ length: 200 }, (_, n) => n * 13);
      const events = other.subscribe();
      await sendAll(closer, lengths);
      const closing = closer.close({ applicationCode: 7, reason: 'enough' });
      closing.catch(() => {});
      const problems = await within(EXCHANGE_MS, 'last words', receiveAll(other, lengths, 'other'));
      const end = await within(EXCHANGE_MS, 'the end', ended(events));
      if (end.reason !== 'enough' || !end.remote) {
        problems.push(`the other side heard of '${end.reason}', remote: ${end.remote}`);
      }
      const refusal = await other.recv().then(
        () => 'a message',
        ({ code }) => code,
      );
      if (refusal !== 'ConnectionClosed') problems.push(`then it received ${refusal}`);
      await within(EXCHANGE_MS, 'the close', closing);
      return { problems };
    });
}

function exchanged(pair, lengths) {
  return within(EXCHANGE_MS, 'the exchange', exchange(pair, lengths));
}

function carrierProblems({ carrier }, pair) {
  return Object.entries(pair)
    .filter(([, side]) => side.carrier() !== carrier.carries)
    .map(([name, side]) => `the ${name} is on ${side.carrier()}`);
}

async function lastVerified(events) {
  let last = 0;
  for await (const event of events) {
    if (event.type === 'Verified' && event.lane === 'reliable') last = Number(event.through);
  }
  return last;
}

async function ended(events) {
  for await (const event of events) if (event.type === 'Disconnected') return event;
  throw new Error('the events ended without an end');
}
