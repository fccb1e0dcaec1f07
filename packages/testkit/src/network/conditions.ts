/** A time span in virtual milliseconds, `[fromMs, toMs)`. */
export type TimeWindow = readonly [fromMs: number, toMs: number];

/**
 * How one direction between two addresses behaves. Sizes are UDP payload bytes: headers of IP and
 * UDP are not counted.
 */
export interface LinkConditions {
  /** Share of datagrams that vanish, 0..1. Default 0. */
  readonly loss: number;
  /**
   * Mean number of datagrams lost in a row, at least 1. At 1 every loss is independent of the one
   * before; above 1 losses come in bursts of that mean with the average {@link loss}. A loss that
   * cannot be reached with so short bursts makes them longer. Default 1.
   */
  readonly burst: number;
  /** Share of datagrams that are held back, so that later ones overtake them, 0..1. Default 0. */
  readonly reorder: number;
  /** Such a datagram arrives up to this much later, uniformly. Default 20. */
  readonly reorderDelayMs: number;
  /** Share of datagrams that arrive twice, 0..1. The second copy is never damaged. Default 0. */
  readonly duplicate: number;
  /** Share of datagrams in which one bit is flipped, 0..1. Default 0. */
  readonly corrupt: number;
  /** Share of datagrams that are cut to a random shorter length, 0..1. Default 0. */
  readonly truncate: number;
  /** One-way delay. Default 0. */
  readonly delayMs: number;
  /** Further delay, uniform in 0..jitterMs. It never changes the order. Default 0. */
  readonly jitterMs: number;
  /** Serialisation rate, above 0. Default Infinity. */
  readonly bandwidthBitsPerSecond: number;
  /** Bytes that may wait for the line; what does not fit is dropped. Default Infinity. */
  readonly queueBytes: number;
  /** Larger datagrams vanish without a word. Default 65,507, the largest UDP payload over IPv4. */
  readonly mtu: number;
  /** True, or during these windows, everything vanishes as it is sent. Default false. */
  readonly blackHole: boolean | readonly TimeWindow[];
}

/** The conditions where nothing was set: no delay, no loss, no limit. */
export const PERFECT_LINK: LinkConditions = Object.freeze({
  loss: 0,
  burst: 1,
  reorder: 0,
  reorderDelayMs: 20,
  duplicate: 0,
  corrupt: 0,
  truncate: 0,
  delayMs: 0,
  jitterMs: 0,
  bandwidthBitsPerSecond: Number.POSITIVE_INFINITY,
  queueBytes: Number.POSITIVE_INFINITY,
  mtu: 65_507,
  blackHole: false,
});

interface Range {
  readonly low: number;
  readonly high: number;
  readonly words: string;
}

const SHARE: Range = { low: 0, high: 1, words: 'from 0 to 1' };
const DELAY: Range = { low: 0, high: Number.MAX_VALUE, words: '0 or more' };
const LIMIT: Range = { low: 0, high: Number.POSITIVE_INFINITY, words: '0 or more' };
const RATE: Range = { ...LIMIT, low: Number.MIN_VALUE, words: 'above 0' };

const RANGES: Readonly<Record<Exclude<keyof LinkConditions, 'blackHole'>, Range>> = {
  loss: SHARE,
  burst: { low: 1, high: Number.MAX_VALUE, words: '1 or more' },
  reorder: SHARE,
  reorderDelayMs: DELAY,
  duplicate: SHARE,
  corrupt: SHARE,
  truncate: SHARE,
  delayMs: DELAY,
  jitterMs: DELAY,
  bandwidthBitsPerSecond: RATE,
  queueBytes: LIMIT,
  mtu: LIMIT,
};

/** @throws RangeError naming the first condition that is out of its range */
export function checkConditions(conditions: Partial<LinkConditions>): void {
  for (const name of Object.keys(RANGES) as (keyof typeof RANGES)[]) {
    const value = conditions[name];
    const { low, high, words } = RANGES[name];
    if (value !== undefined && !(value >= low && value <= high)) {
      throw new RangeError(`link condition ${name} must be ${words}, not ${value}`);
    }
  }
  if (typeof conditions.blackHole === 'object') conditions.blackHole.forEach(checkWindow);
}

/** Whether what is sent at `now` (milliseconds) vanishes by {@link LinkConditions.blackHole}. */
export function isBlackHoled(conditions: LinkConditions, now: number): boolean {
  const { blackHole } = conditions;
  if (typeof blackHole === 'boolean') return blackHole;
  for (const [fromMs, toMs] of blackHole) {
    if (now >= fromMs && now < toMs) return true;
  }
  return false;
}

function checkWindow([fromMs, toMs]: TimeWindow): void {
  if (!(fromMs <= toMs)) {
    throw new RangeError(`a blackHole window must end after it begins, not [${fromMs}, ${toMs}]`);
  }
}
