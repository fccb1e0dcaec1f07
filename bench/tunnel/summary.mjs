// Rounds of one case as medians and ranges.
import { spread } from '../figures.mjs';
import { topFunctions } from '../profile-summary.mjs';

const TOP = 25;
const SIDES = ['client', 'server'];

/**
 * @param one a case
 * @param {Map<string, { rounds: object[], failures: string[], profiles?: object }>} results by peer
 * @returns `{ name, title, peers }`; figures are `{ median, min, max, rounds }`, and missing when every
 *   round of the peer failed
 */
export function summarise({ name, title }, results) {
  const peers = [...results].map(([peer, result]) => ({ peer, ...peerSummary(result) }));
  return { name, title, peers };
}

function peerSummary({ rounds, failures, profiles }) {
  return {
    failures,
    ...(rounds.length > 0 && figuresOf(rounds)),
    ...(profiles && {
      profile: Object.fromEntries(
        Object.entries(profiles).map(([side, profile]) => [side, topFunctions(profile, TOP)]),
      ),
    }),
  };
}

function figuresOf(rounds) {
  const over = (value) => spread(rounds.map(value));
  const dropped = rounds.flatMap((round) => round.dropped ?? []);
  return {
    mbitPerSecond: over(({ mbitPerSecond }) => mbitPerSecond),
    retransmits: over(({ retransmits }) => retransmits),
    pingMs: over(({ pingMs }) => pingMs),
    cpuSecondsPerGB: {
      both: over(({ cpuSecondsPerGB }) =>
        SIDES.reduce((sum, side) => sum + cpuOf(cpuSecondsPerGB, side), 0),
      ),
      ...Object.fromEntries(
        SIDES.map((side) => [side, over(({ cpuSecondsPerGB }) => cpuOf(cpuSecondsPerGB, side))]),
      ),
    },
    /** Cores taken by programs that had nothing to do with it. */
    otherCores: over(({ otherCores }) => otherCores),
    ...(dropped.length > 0 && {
      /** Frames for which the emulator had no room: what it has distorted. */
      emulatorFull: dropped.reduce((sum, { full }) => sum + full, 0),
    }),
    details: rounds.at(-1).details,
  };
}

function cpuOf(cpuSecondsPerGB, side) {
  return cpuSecondsPerGB[side] ?? 0;
}
