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

  /** The lowest free id above those in use, or undefined when the peer has issued no more. */
  unused(inUse: (sequence: number) => boolean): PeerCid | undefined {
    for (const [sequence, cid] of this.#ids) {
      if (!inUse(sequence)) return { sequence, cid };
    }
    return undefined;
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
  readonly #announce: number[] = [];
  readonly #cids = new Map<number, Uint8Array>();
  #next = 1;

  constructor(issuer: CidIssuer) {
    this.#issuer = issuer;
  }

  isActive(sequence: number): boolean {
    return this.#active.has(sequence);
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

  announced(): void {
    this.#announce.shift();
  }

  /** The frame that announced `sequence` was lost. */
  announceAgain(sequence: number): void {
    if (this.#active.has(sequence)) this.#announce.push(sequence);
  }

  /** The peer retired `sequence`. @returns 0 or a close code */
  retire(sequence: number): number {
    if (sequence >= this.#next) return CloseCode.PROTOCOL_VIOLATION;
    if (!this.#active.delete(sequence)) return 0;
    this.#cids.delete(sequence);
    this.#issuer.retire(sequence);
    return 0;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
