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
  /** A tunnel's message that came before the peer's first statement. */
  | 'before-open'
  /** A handshake flight that does not decode or verify. */
  | 'handshake'
  /** A hello that the load limits of SPEC 4.4 turned away. */
  | 'hello-limit'
  /** A hello without a cookie while the server is loaded: it was sent back for one. */
  | 'cookie-demanded'
  /** A hello with a cookie that was not made for it, or long ago. */
  | 'bad-cookie'
  /** A half-open attempt that gave way to a newer one. */
  | 'half-open-evicted'
  /** Messages that were not whole gave way to those of a peer that held less memory. */
  | 'memory-evicted'
  /** A hello or a finish while there are as many sessions as may be. */
  | 'server-full'
  /** A record for a handshake that is not complete, beyond the 10 that wait. */
  | 'early-record';

/** Counts drops by reason. */
export class DropCounters {
  #counts: Map<DropReason, number> | undefined;
  #total = 0;

  add(reason: DropReason): void {
    this.#counts ??= new Map();
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + 1);
    this.#total++;
  }

  get(reason: DropReason): number {
    return this.#counts?.get(reason) ?? 0;
  }

  get total(): number {
    return this.#total;
  }

  /** All counts that are not zero, by reason. */
  snapshot(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#counts ?? []);
  }
}
