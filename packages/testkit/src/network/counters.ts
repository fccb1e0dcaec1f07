/**
 * What became of the datagrams of one direction. Once nothing is in flight,
 * `sent + duplicated = delivered + lost + tooBig + queueDropped + blackHoled + unroutable`.
 */
export interface LinkCounters {
  /** Entered the link (after the tap). */
  sent: number;
  /** The UDP payload bytes of those. */
  sentBytes: number;
  /** Handed to a receiver, second copies included. */
  delivered: number;
  /** The UDP payload bytes of those, as they arrived. */
  deliveredBytes: number;
  /** Lost by `loss`. */
  lost: number;
  /** Second copies made. */
  duplicated: number;
  /** Held back so that others may overtake. */
  reordered: number;
  /** Had a bit flipped. */
  corrupted: number;
  /** Were cut short. */
  truncated: number;
  /** Dropped by `mtu`. */
  tooBig: number;
  /** Dropped by `queueBytes`. */
  queueDropped: number;
  /** Dropped by `blackHole`. */
  blackHoled: number;
  /** Arrived where nobody is attached, or at an address mapping that has ended. */
  unroutable: number;
}

/** All zero. */
export function createLinkCounters(): LinkCounters {
  return {
    sent: 0,
    sentBytes: 0,
    delivered: 0,
    deliveredBytes: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    truncated: 0,
    tooBig: 0,
    queueDropped: 0,
    blackHoled: 0,
    unroutable: 0,
  };
}

/** Adds `more` to `sum`, counter by counter. */
export function addLinkCounters(sum: LinkCounters, more: LinkCounters): void {
  for (const name of Object.keys(sum) as (keyof LinkCounters)[]) sum[name] += more[name];
}
