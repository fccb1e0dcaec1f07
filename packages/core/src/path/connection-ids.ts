import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';

const NONE: readonly number[] = [];
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** An id that the peer gave us to send with. */
export interface PeerCid {
  readonly sequence: number;
  readonly cid: Uint8Array;
}

/**
 * Retired ids that are remembered beyond a gap in the numbers. A gap stays where the peer leaves a
 * number out; it closes when so many later ones are gone, and the number counts as retired.
 */
const MAX_REMEMBERED_RETIRED = 64;

/** The ids the peer issued: which are free for a new path, which are in use (SPEC 6.8). */
export class PeerCids {
  readonly #limit: number;
  /** At most eight, so that looking through them is quickest. */
  #ids: readonly PeerCid[];
  #retiredBelow = 0;
  /** Retired ids from {@link #retiredBelow} on. */
  #retired: Set<number> | undefined;

  /** @param first the id of the handshake, sequence number 0 */
  constructor(first: Uint8Array, limit: number) {
    this.#limit = limit;
    this.#ids = [{ sequence: 0, cid: first }];
  }

  get(sequence: number): Uint8Array | undefined {
    for (const id of this.#ids) if (id.sequence === sequence) return id.cid;
    return undefined;
  }

  /** NEW_CONNECTION_ID. @returns 0 or a close code */
  add(sequence: number, retirePriorTo: number, cid: Uint8Array): number {
    if (retirePriorTo > sequence) return CloseCode.PROTOCOL_VIOLATION;
    const known = this.get(sequence);
    if (known !== undefined) return equalBytes(known, cid) ? 0 : CloseCode.PROTOCOL_VIOLATION;
    if (this.#retired?.has(sequence) || sequence < this.#retiredBelow) return 0;
    if (this.#ids.length >= this.#limit) return CloseCode.LIMIT_EXCEEDED;
    this.#ids = this.#ids.concat({ sequence, cid: cid.slice() });
    return 0;
  }

  /** The lowest id above `sequence`, or undefined when the peer has issued none. Paths open in rising order. */
  above(sequence: number): PeerCid | undefined {
    let next: PeerCid | undefined;
    for (const id of this.#ids) {
      const isNearer = next === undefined || id.sequence < next.sequence;
      if (id.sequence > sequence && isNearer) next = id;
    }
    return next;
  }

  /** How many ids above `sequence` the peer has issued. */
  countAbove(sequence: number): number {
    return this.#ids.filter((id) => id.sequence > sequence).length;
  }

  /** The sequence numbers below `sequence` that are not retired. */
  below(sequence: number): number[] {
    return this.#ids.map((id) => id.sequence).filter((candidate) => candidate < sequence);
  }

  retire(sequence: number): void {
    this.#ids = this.#ids.filter((id) => id.sequence !== sequence);
    if (sequence < this.#retiredBelow) return;
    this.#retired ??= new Set();
    const retired = this.#retired;
    retired.add(sequence);
    if (retired.size > MAX_REMEMBERED_RETIRED) this.#retiredBelow = Math.min(...retired);
    while (retired.delete(this.#retiredBelow)) this.#retiredBelow++;
    if (retired.size === 0) this.#retired = undefined;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#ids = state.list(this.#ids, (id) => ({
      sequence: state.number(id?.sequence ?? 0),
      cid: state.bytes(id?.cid ?? NO_BYTES),
    }));
    this.#retiredBelow = state.number(this.#retiredBelow);
    this.#retired = state.keep(this.#retired);
  }
}

/** Hands out ids of this endpoint and takes them back; the endpoint routes by them. */
export interface CidIssuer {
  /** A fresh id that the endpoint routes to the connection as path `sequence`. */
  issue(sequence: number): Uint8Array;
  /** The id of path `sequence` is no longer in use. */
  retire(sequence: number): void;
}

/** An id of ours that is in use. */
interface LocalCid {
  readonly sequence: number;
  /** Until the peer has acknowledged it, so that it can be announced again. */
  cid: Uint8Array | undefined;
  isKnown: boolean;
}

/** The ids we issued: keeps as many active as the peer can use. */
export class LocalCids {
  readonly #issuer: CidIssuer;
  /** At most eight, so that looking through them is quickest. */
  #active: readonly LocalCid[] = [{ sequence: 0, cid: undefined, isKnown: true }];
  #announce: readonly number[] = NONE;
  #next = 1;
  #announcedBelow = 1;

  constructor(issuer: CidIssuer) {
    this.#issuer = issuer;
  }

  isActive(sequence: number): boolean {
    return this.#find(sequence) !== undefined;
  }

  /** Whether the peer has it for certain, so that it can take a path of this number. */
  isKnown(sequence: number): boolean {
    return this.#find(sequence)?.isKnown === true;
  }

  /** How many ids up to `sequence` the peer has not retired: of no more paths so far does it know. */
  countThrough(sequence: number): number {
    let count = 0;
    for (const id of this.#active) if (id.sequence <= sequence) count++;
    return count;
  }

  /** Issues ids until `count` are active. */
  fill(count: number): void {
    while (this.#active.length < count) {
      const sequence = this.#next++;
      const cid = this.#issuer.issue(sequence);
      this.#active = this.#active.concat({ sequence, cid, isKnown: false });
      this.#announce = this.#announce.concat(sequence);
    }
  }

  get hasAnnouncement(): boolean {
    return this.#announce.length > 0;
  }

  peekAnnouncement(): PeerCid | undefined {
    const sequence = this.#announce[0];
    const cid = sequence === undefined ? undefined : this.#find(sequence)?.cid;
    return sequence === undefined || cid === undefined ? undefined : { sequence, cid };
  }

  /** The id that {@link peekAnnouncement} gave stands in a packet. */
  announced(): void {
    const sequence = this.#announce[0];
    if (sequence === undefined) return;
    this.#announcedBelow = Math.max(this.#announcedBelow, sequence + 1);
    this.#drop(sequence);
  }

  /** The frame that announced `sequence` was lost. */
  announceAgain(sequence: number): void {
    const isWanted = this.#find(sequence)?.isKnown === false;
    if (isWanted && !this.#announce.includes(sequence)) {
      this.#announce = this.#announce.concat(sequence);
    }
  }

  /** The frame that announced `sequence` was acknowledged. */
  acknowledged(sequence: number): void {
    const id = this.#find(sequence);
    if (id === undefined) return;
    id.isKnown = true;
    if (!this.#announce.includes(sequence)) id.cid = undefined;
  }

  /** The peer retired `sequence`. @returns 0 or a close code */
  retire(sequence: number): number {
    if (sequence >= this.#announcedBelow) return CloseCode.PROTOCOL_VIOLATION;
    if (!this.isActive(sequence)) return 0;
    this.#active = this.#active.filter((id) => id.sequence !== sequence);
    this.#drop(sequence);
    this.#issuer.retire(sequence);
    return 0;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#active = state.list(this.#active, (id) => ({
      sequence: state.number(id?.sequence ?? 0),
      cid: state.keep(id?.cid),
      isKnown: state.flag(id?.isKnown ?? false),
    }));
    const announce = state.list(this.#announce, (sequence) => state.number(sequence ?? 0));
    this.#announce = announce.length === 0 ? NONE : announce;
    this.#next = state.number(this.#next);
    this.#announcedBelow = state.number(this.#announcedBelow);
  }

  #find(sequence: number): LocalCid | undefined {
    for (const id of this.#active) if (id.sequence === sequence) return id;
    return undefined;
  }

  #drop(sequence: number): void {
    if (!this.#announce.includes(sequence)) return;
    const waiting = this.#announce.filter((other) => other !== sequence);
    this.#announce = waiting.length === 0 ? NONE : waiting;
    const id = this.#find(sequence);
    if (id?.isKnown === true) id.cid = undefined;
  }
}

function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
