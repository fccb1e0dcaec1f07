/** Why a datagram or a frame was dropped without effect. Each is counted; none is an error. */
export type DropReason =
  /** Neither a record of a known session nor an envelope that opens. */
  | 'unknown'
  /** Shorter than any record or envelope, or longer than we accept. */
  | 'size'
  /** The AEAD refused it: forged, corrupted, reflected, of another session. */
  | 'authentication'
  /** Packet number seen before or too old. */
  | 'replay'
  /** Sealed under keys that are gone or not there yet. */
  | 'stale-epoch'
  /** A connection id whose path is retired, or cannot be opened. */
  | 'retired-path'
  /** The session has ended. */
  | 'closed'
  /** A message that had arrived before, behind the AEAD. */
  | 'duplicate-message'
  /** A handshake flight that does not decode or verify. */
  | 'handshake'
  /** A hello that the load limits of SPEC 4.4 turned away. */
  | 'hello-limit'
  /** A record for a handshake that is not complete, beyond the 10 that wait. */
  | 'early-record';

/** Counts drops by reason. */
export class DropCounters {
  readonly #counts = new Map<DropReason, number>();

  add(reason: DropReason): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
  }

  get(reason: DropReason): number {
    return this.#counts.get(reason) ?? 0;
  }

  get total(): number {
    let total = 0;
    for (const count of this.#counts.values()) total += count;
    return total;
  }

  /** All counts that are not zero, by reason. */
  snapshot(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#counts);
  }
}
