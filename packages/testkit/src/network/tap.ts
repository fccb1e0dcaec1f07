import type { NetworkAddress } from './address.js';

/** A datagram as somebody on the path sees it. */
export interface TappedDatagram {
  /** The source, after address translation. */
  readonly from: NetworkAddress;
  /** The destination, as the sender addressed it. */
  readonly to: NetworkAddress;
  /** A copy of its own: it may be kept and changed. */
  readonly data: Uint8Array;
  /** Virtual time in milliseconds. */
  readonly now: number;
}

/**
 * What happens to a tapped datagram: it goes on, it vanishes, or other datagrams (one, or a list)
 * go on between the same addresses in its place.
 */
export type TapVerdict = 'pass' | 'drop' | Uint8Array | readonly Uint8Array[];

/** Somebody on the path, before the link's own conditions: captures, drops, changes, replays. */
export interface NetworkTap {
  onDatagram(datagram: TappedDatagram): TapVerdict;
}
