/** What {@link PacketFates} decides by. */
export interface PacketFatesOptions {
  /** Share of packets to drop: 0 to 1. */
  readonly lossShare: number;
  /** Share of the others to hold back, so that later ones overtake them: 0 to 1. */
  readonly heldShare: number;
  /** How long a packet is held back at most, in milliseconds. */
  readonly maxDelayMs: number;
  /** Equal seeds give equal decisions; a whole number below 2^32. */
  readonly seed: number;
}

/** What {@link PacketFates.next} returns for a packet that is lost. */
export const DROP = -1;

/**
 * Decides by a seed what becomes of one packet after the other. Each packet takes the same number
 * of random values, so that the fate of the n-th depends on the seed and on n alone.
 */
export class PacketFates {
  readonly #options: PacketFatesOptions;
  #state: number;

  constructor(options: PacketFatesOptions) {
    this.#options = options;
    this.#state = options.seed | 0;
  }

  /** The fate of the next packet: {@link DROP}, or how long to hold it back in milliseconds. */
  next(): number {
    const { lossShare, heldShare, maxDelayMs } = this.#options;
    const isLost = this.#random() < lossShare;
    const isHeld = this.#random() < heldShare;
    const delayMs = this.#random() * maxDelayMs;
    if (isLost) return DROP;
    return isHeld ? delayMs : 0;
  }

  /** From 0 to 1, exclusive: SplitMix with 32 bits of state, enough to imitate a bad network. */
  #random(): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  }
}
