import type { LinkConditions, TimeWindow } from '../network/conditions.js';
import type { SeededRandom } from '../random.js';
import { byTime, roundTo } from './order.js';
import type { World, WorldDirection, WorldNetworkEvent } from './world.js';

/** The greatest share of each kind of trouble in a world of that mood. */
interface Mood {
  readonly loss: number;
  readonly reorder: number;
  readonly duplicate: number;
  readonly corrupt: number;
}

const CALM: Mood = { loss: 0.01, reorder: 0.01, duplicate: 0.005, corrupt: 0 };
const ROUGH: Mood = { loss: 0.1, reorder: 0.1, duplicate: 0.02, corrupt: 0.003 };
const HOSTILE: Mood = { loss: 0.3, reorder: 0.3, duplicate: 0.05, corrupt: 0.01 };
const MOODS = [CALM, ROUGH, HOSTILE] as const;

const DIRECTIONS: readonly WorldDirection[] = ['toServer', 'toClient'];
const MAX_DELAY_MS = 150;
const MAX_BLACK_HOLE_MS = 2000;
/** Lower ends of bandwidth ranges that are two to two and a half times wide, in bit/s. */
const BANDWIDTHS = [1e6, 2e6, 5e6, 10e6, 20e6, 50e6] as const;
const MIN_QUEUE_BYTES = 16 * 1024;
const MAX_QUEUE_BYTES = 256 * 1024;
/** What IPv6 guarantees (1,280) less the headers of IPv4 and UDP, and an Ethernet frame. */
const MIN_MTU_BYTES = 1252;
const MAX_MTU_BYTES = 1500;
/** Room beside a fragment for header, tag and other frames. */
const FRAGMENT_ROOM_BYTES = 100;

/** Both directions of a world: of the same mood, but each with its own figures. */
export function randomLinks(
  random: SeededRandom,
  fragmentSize: number,
  spanMs: number,
): World['links'] {
  const mood = random.pick(MOODS);
  const holes = randomBlackHoles(random, spanMs);
  const minMtuBytes = Math.max(MIN_MTU_BYTES, fragmentSize + FRAGMENT_ROOM_BYTES);
  const link = (direction: WorldDirection): LinkConditions => ({
    ...randomTrouble(random, mood),
    ...randomLine(random),
    mtu: random.intBetween(minMtuBytes, MAX_MTU_BYTES),
    blackHole: holes.filter((hole) => hole.directions.includes(direction)).map(windowOf),
  });
  return { toServer: link('toServer'), toClient: link('toClient') };
}

/** Rebindings of the client, and changes of the line under way. */
export function randomNetworkEvents(random: SeededRandom, spanMs: number): WorldNetworkEvent[] {
  const events: WorldNetworkEvent[] = [];
  for (let left = random.int(4); left > 0; left--) {
    events.push({ kind: 'rebind', atMs: random.int(spanMs), newAddress: random.chance(0.3) });
  }
  for (let left = random.int(3); left > 0; left--) {
    events.push({
      kind: 'conditions',
      atMs: random.int(spanMs),
      direction: random.pick(DIRECTIONS),
      conditions: randomLine(random),
    });
  }
  return events.sort(byTime);
}

function randomTrouble(random: SeededRandom, mood: Mood) {
  return {
    loss: share(random, mood.loss),
    burst: roundTo(random.between(1, 4), 0.1),
    reorder: share(random, mood.reorder),
    reorderDelayMs: random.intBetween(1, 60),
    duplicate: share(random, mood.duplicate),
    corrupt: share(random, mood.corrupt),
    truncate: share(random, mood.corrupt / 2),
  };
}

function randomLine(random: SeededRandom) {
  const lowest = random.pick(BANDWIDTHS);
  return {
    delayMs: random.intBetween(1, MAX_DELAY_MS),
    jitterMs: random.chance(0.5) ? random.int(30) : 0,
    bandwidthBitsPerSecond: Math.round(random.between(lowest, 2 * lowest)),
    queueBytes: random.intBetween(MIN_QUEUE_BYTES, MAX_QUEUE_BYTES),
  };
}

interface BlackHole {
  readonly atMs: number;
  readonly lengthMs: number;
  readonly directions: readonly WorldDirection[];
}

function randomBlackHoles(random: SeededRandom, spanMs: number): BlackHole[] {
  const holes: BlackHole[] = [];
  for (let left = random.int(3); left > 0; left--) {
    holes.push({
      atMs: random.int(spanMs),
      lengthMs: random.intBetween(50, MAX_BLACK_HOLE_MS),
      directions: random.chance(0.5) ? DIRECTIONS : [random.pick(DIRECTIONS)],
    });
  }
  return holes.sort(byTime);
}

function windowOf({ atMs, lengthMs }: BlackHole): TimeWindow {
  return [atMs, atMs + lengthMs];
}

function share(random: SeededRandom, most: number): number {
  return roundTo(random.between(0, most), 0.0001);
}
