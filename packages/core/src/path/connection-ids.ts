import { CloseCode } from '../wire/close-codes.js';

/** An id that the peer gave us to send with. */
export interface PeerCid {
  readonly sequence: number;
  readonly cid: Uint8Array;
}

/** The ids the peer issued: which are free for a new path, which are in use (SPEC 6.8). */
export class PeerCids {
  readonly #limit: number;
  readonly #ids = new Map<number, Uint8Array>();
  #retiredBelow = 0;
  readonly #retired = new Set<number>();

  /** @param first the id of the handshake, sequence number 0 */
  constructor(first: Uint8Array, limit: number) {
    this.#limit = limit;
    this.#ids.set(0, first);
  }

  get(sequence: number): Uint8Array | undefined {
    return this.#ids.get(sequence);
  }

  /** NEW_CONNECTION_ID. @returns 0 or a close code */
  add(sequence: number, retirePriorTo: number, cid: Uint8Array): number {
    if (retirePriorTo > sequence) return CloseCode.PROTOCOL_VIOLATION;
    const known = this.#ids.get(sequence);
    if (known !== undefined) return equalBytes(known, cid) ? 0 : CloseCode.PROTOCOL_VIOLATION;
    if (this.#retired.has(sequence) || sequence < this.#retiredBelow) return 0;
    if (this.#ids.size >= this.#limit) return CloseCode.LIMIT_EXCEEDED;
    this.#ids.set(sequence, cid.slice());
    return 0;
  }

  /** The lowest id above `sequence`, or undefined when the peer has issued none. Paths open in rising order. */
  above(sequence: number): PeerCid | undefined {
    let next: PeerCid | undefined;
    for (const [candidate, cid] of this.#ids) {
      const isNearer = next === undefined || candidate < next.sequence;
      if (candidate > sequence && isNearer) next = { sequence: candidate, cid };
    }
    return next;
  }

  /** The sequence numbers below `sequence` that are not retired. */
  below(sequence: number): number[] {
    return [...this.#ids.keys()].filter((candidate) => candidate < sequence);
  }

  retire(sequence: number): void {
    this.#ids.delete(sequence);
    this.#retired.add(sequence);
    while (this.#retired.delete(this.#retiredBelow)) this.#retiredBelow++;
  }
}

/** Hands out ids of this endpoint and takes them back; the endpoint routes by them. */
export interface CidIssuer {
  /** A fresh id that the endpoint routes to the connection as path `sequence`. */
  issue(sequence: number): Uint8Array;
  /** The id of path `sequence` is no longer in use. */
  retire(sequence: number): void;
}

/** The ids we issued: keeps as many active as the peer can use. */
export class LocalCids {
  readonly #issuer: CidIssuer;
  readonly #active = new Set<number>([0]);
  /** Those that the peer has acknowledged. */
  readonly #known = new Set<number>([0]);
  #announce: number[] = [];
  readonly #cids = new Map<number, Uint8Array>();
  #next = 1;
  #announcedBelow = 1;

  constructor(issuer: CidIssuer) {
    this.#issuer = issuer;
  }

  isActive(sequence: number): boolean {
    return this.#active.has(sequence);
  }

  /** Whether the peer has it for certain, so that it can take a path of this number. */
  isKnown(sequence: number): boolean {
    return this.#known.has(sequence);
  }

  /** Issues ids until `count` are active. */
  fill(count: number): void {
    while (this.#active.size < count) {
      const sequence = this.#next++;
      this.#cids.set(sequence, this.#issuer.issue(sequence));
      this.#active.add(sequence);
      this.#announce.push(sequence);
    }
  }

  get hasAnnouncement(): boolean {
    return this.#announce.length > 0;
  }

  peekAnnouncement(): PeerCid | undefined {
    const sequence = this.#announce[0];
    return sequence === undefined ? undefined : { sequence, cid: this.#cids.get(sequence)! };
  }

  /** The id that {@link peekAnnouncement} gave stands in a packet. */
  announced(): void {
    const sequence = this.#announce.shift();
    if (sequence !== undefined) this.#announcedBelow = Math.max(this.#announcedBelow, sequence + 1);
  }

  /** The frame that announced `sequence` was lost. */
  announceAgain(sequence: number): void {
    const isWanted = this.#active.has(sequence) && !this.#known.has(sequence);
    if (isWanted && !this.#announce.includes(sequence)) this.#announce.push(sequence);
  }

  /** The frame that announced `sequence` was acknowledged. */
  acknowledged(sequence: number): void {
    if (this.#active.has(sequence)) this.#known.add(sequence);
  }

  /** The peer retired `sequence`. @returns 0 or a close code */
  retire(sequence: number): number {
    if (sequence >= this.#announcedBelow) return CloseCode.PROTOCOL_VIOLATION;
    if (!this.#active.delete(sequence)) return 0;
    this.#announce = this.#announce.filter((waiting) => waiting !== sequence);
    this.#known.delete(sequence);
    this.#cids.delete(sequence);
    this.#issuer.retire(sequence);
    return 0;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
