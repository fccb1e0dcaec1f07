import type { SeededRandom } from '../random.js';
import { byTime } from './order.js';
import type { WorldMessage, WorldMoment, WorldSide } from './world.js';

const SIDES: readonly WorldSide[] = ['client', 'server'];
const MIN_MESSAGES = 5;
const MAX_MESSAGES = 120;
/** Few worlds are heavy, so that many of them can be played in a minute. */
const BYTE_BUDGETS = [20_000, 100_000, 100_000, 300_000, 300_000, 1_000_000] as const;
const SMALL_BYTES = 200;
const MIDDLE_BYTES = 5000;
const LARGE_BYTES = 300_000;

/** The messages of a world: mostly small, a few large, together within a random budget. */
export function randomWorkload(random: SeededRandom, spanMs: number): WorldMessage[] {
  const messages: WorldMessage[] = [];
  let budgetBytes: number = random.pick(BYTE_BUDGETS);
  for (let left = random.intBetween(MIN_MESSAGES, MAX_MESSAGES); left > 0; left--) {
    const bytes = Math.min(randomSize(random), budgetBytes);
    if (bytes === 0) break;
    budgetBytes -= bytes;
    messages.push(randomMessage(random, bytes, spanMs));
  }
  return messages.sort(byTime);
}

/** Up to `most` moments of either side in the order of time. */
export function randomMoments(random: SeededRandom, most: number, spanMs: number): WorldMoment[] {
  const moments: WorldMoment[] = [];
  for (let left = random.int(most + 1); left > 0; left--) {
    moments.push({ atMs: random.int(spanMs), side: random.pick(SIDES) });
  }
  return moments.sort(byTime);
}

function randomMessage(random: SeededRandom, bytes: number, spanMs: number): WorldMessage {
  const atMs = random.int(spanMs);
  const side = random.pick(SIDES);
  const drawn = random.next();
  if (drawn < 0.6) return { atMs, side, bytes, reliability: 'reliable' };
  if (drawn < 0.8) return { atMs, side, bytes, reliability: 'unreliable' };
  if (drawn < 0.9) return { atMs, side, bytes, reliability: 'partial' };
  const deadlineMs = random.intBetween(20, 2000);
  return { atMs, side, bytes, reliability: 'partial', deadlineMs };
}

function randomSize(random: SeededRandom): number {
  const drawn = random.next();
  if (drawn < 0.8) return random.intBetween(1, SMALL_BYTES);
  if (drawn < 0.96) return random.intBetween(1, MIDDLE_BYTES);
  return random.intBetween(MIDDLE_BYTES, LARGE_BYTES);
}
