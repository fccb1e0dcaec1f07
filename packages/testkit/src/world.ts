import { SeededRandom } from './random.js';
import { randomLinks, randomNetworkEvents } from './world/network.js';
import { randomSettings } from './world/settings.js';
import { randomMoments, randomWorkload } from './world/workload.js';
import type { World } from './world/world.js';

const MIN_SPAN_MS = 2000;
const MAX_SPAN_MS = 20_000;

/**
 * A random world: up to 30 % loss in bursts, 30 % reordering, 5 % duplication, 1 % corruption, delays
 * of 1..150 ms, 1..100 Mbit/s, rebindings of the client and black holes of up to 2 s. About a third
 * of all worlds are calm, a third rough and a third hostile.
 *
 * @param seed a safe integer; the same seed gives the same world
 */
export function randomWorld(seed: number): World {
  const random = new SeededRandom(seed).fork('world');
  const spanMs = random.intBetween(MIN_SPAN_MS, MAX_SPAN_MS);
  const settings = randomSettings(random.fork('settings'));
  return {
    seed,
    links: randomLinks(random.fork('links'), settings.fragmentSize, spanMs),
    networkEvents: randomNetworkEvents(random.fork('events'), spanMs),
    messages: randomWorkload(random.fork('workload'), spanMs),
    rotations: randomMoments(random.fork('rotations'), 4, spanMs),
    pings: randomMoments(random.fork('pings'), 6, spanMs),
    settings,
    spanMs,
  };
}

/**
 * Fills `out` with the payload of a message of a world: the same bytes for the same seed and index,
 * and other bytes for every other message.
 */
export function fillWorldMessage(world: World, index: number, out: Uint8Array): void {
  new SeededRandom(world.seed).fork(`message ${index}`).bytes(out);
}
