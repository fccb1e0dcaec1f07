import type { SeededRandom } from '../random.js';
import type { WorldSettings } from './world.js';

const MIN_FRAGMENT_BYTES = 400;
const MAX_FRAGMENT_BYTES = 1400;

/** How both ends of a world are configured. */
export function randomSettings(random: SeededRandom): WorldSettings {
  const fragmentSize = random.chance(0.3)
    ? random.pick([MIN_FRAGMENT_BYTES, 1200, MAX_FRAGMENT_BYTES])
    : random.intBetween(MIN_FRAGMENT_BYTES, MAX_FRAGMENT_BYTES);
  const window = random.pick(['default', 'small', 'large'] as const);
  return {
    fragmentSize,
    ...(window === 'small' ? { flowWindowSize: random.intBetween(8, 32) } : {}),
    ...(window === 'large' ? { flowWindowSize: random.intBetween(128, 1024) } : {}),
    delivery: random.pick(['signed', 'authenticated'] as const),
    signing: random.chance(0.75) ? 'group' : 'message',
    evidence: random.pick(['identity', 'session'] as const),
  };
}
