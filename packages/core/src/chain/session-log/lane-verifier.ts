import type { CryptoProvider } from '../../crypto/provider.js';
import { LEAF_HEADER_BYTES, leafOf } from '../leaf.js';
import { LeafRing } from '../leaf-ring.js';
import { LinkFolder } from '../link.js';
import { sameBytes } from '../same-bytes.js';
import type { GapEntry, MessageEntry } from './log-entry.js';
import {
  type AlterationKind,
  type LaneReport,
  type LogAlteration,
  MAX_FINDINGS,
} from './log-report.js';

type Hash = Pick<CryptoProvider, 'sha256' | 'createSha256'>;

/** How far ahead of the last good statement a message may be. */
const MAX_AHEAD = 131_072;
/** Late messages and GAPs come up to 8,192 numbers behind the newest (SPEC 6.1); twice that. */
const HISTORY = 16_384;
const RING_CAPACITY = 262_144;
const SCRATCH_BYTES: number = LEAF_HEADER_BYTES + 65_536;

const HAS_MESSAGE = 1;
const HAS_GAP = 2;
/** The entry's leaf and its payload disagree. */
const SUSPECT = 4;

/** The leaf that the payload of a suspect entry has. */
interface Suspect {
  readonly leaf: Uint8Array;
  readonly fileOffset: number;
}

/** Checks the messages of one lane and direction of a log against the links that were signed. */
export class LaneVerifier {
  readonly #crypto: Hash;
  readonly #scratch: Uint8Array;
  readonly #ring = new LeafRing(RING_CAPACITY);
  readonly #suspects = new Map<number, Suspect>();
  readonly #alterations: LogAlteration[] = [];
  /** `link[through]`. */
  #link: Uint8Array;
  #through = 0;
  #highest = 0;
  #messages = 0;
  #bytes = 0;
  #gaps = 0;
  #finalThrough = Number.POSITIVE_INFINITY;

  /**
   * @param start `link[0]`
   * @param scratch overwritten; see {@link verifierScratch}
   */
  constructor(crypto: Hash, start: Uint8Array, scratch: Uint8Array) {
    this.#crypto = crypto;
    this.#link = start;
    this.#scratch = scratch;
  }

  /** Messages that a good statement covers. */
  get through(): number {
    return this.#through;
  }

  /** Messages beyond the last good statement. */
  get tail(): number {
    return this.#highest - this.#through;
  }

  /** A MESSAGE entry of this lane. */
  message(entry: MessageEntry, fileOffset: number): void {
    this.#messages++;
    this.#bytes += entry.length;
    const actual = this.#leafOfPayload(entry);
    const agrees =
      actual === undefined ||
      (sameBytes(actual, entry.leaf) && entry.shown?.payload.length === entry.length);
    if (!this.#mayStand(entry.n, fileOffset)) return;
    const mark = this.#ring.mark(entry.n);
    if ((mark & HAS_MESSAGE) !== 0 && (mark & SUSPECT) === 0) {
      const kind = this.#ring.equals(entry.n, entry.leaf) ? 'duplicate' : 'conflict';
      this.#report(kind, entry.n, entry.n, fileOffset);
    } else if ((mark & HAS_GAP) !== 0 && !this.#ring.equals(entry.n, entry.leaf)) {
      this.#report('conflict', entry.n, entry.n, fileOffset);
    } else if (agrees) {
      this.#reportSuspect(entry.n);
      this.#put(entry.n, entry.leaf, (mark & HAS_GAP) | HAS_MESSAGE);
    } else {
      this.#suspect(entry, actual, (mark & HAS_GAP) | HAS_MESSAGE | SUSPECT, fileOffset);
    }
  }

  /** A GAP entry of this lane. */
  gap(entry: GapEntry, fileOffset: number): void {
    this.#gaps++;
    if (!this.#mayStand(entry.n, fileOffset)) return;
    const mark = this.#ring.mark(entry.n);
    if (mark !== 0 && !this.#ring.equals(entry.n, entry.leaf)) {
      this.#report('conflict', entry.n, entry.n, fileOffset);
    } else if ((mark & HAS_GAP) !== 0) {
      this.#report('duplicate', entry.n, entry.n, fileOffset);
    } else {
      this.#put(entry.n, entry.leaf, mark | HAS_GAP);
    }
  }

  /**
   * A statement with a good signature says that `link` stands behind message `through - 1`. Goes on
   * from that link whatever comes out, so that later messages are judged on their own.
   *
   * @returns false when the signer contradicts an earlier statement, which the log cannot cause
   */
  statement(through: number, link: Uint8Array, final: boolean, fileOffset: number): boolean {
    if (through < this.#through) return false;
    if (through === this.#through && !sameBytes(link, this.#link)) return false;
    const complete = this.#reportMissing(through, fileOffset);
    if (complete && !this.#linksTo(link, through)) {
      this.#report('links', this.#through, through - 1, fileOffset);
    }
    this.#reportSuspects(through);
    this.#through = through;
    this.#link = link.slice();
    this.#highest = Math.max(this.#highest, through);
    this.#ring.dropBelow(through - HISTORY);
    if (final) this.#end(fileOffset);
    return true;
  }

  /** What was found; entries that no statement covers are judged by themselves. */
  report(): LaneReport {
    this.#reportSuspects(Number.POSITIVE_INFINITY);
    this.#alterations.sort((a, b) => a.fromMessage - b.fromMessage);
    const [alteration] = this.#alterations;
    return {
      messages: this.#messages,
      bytes: this.#bytes,
      through: this.#through,
      gaps: this.#gaps,
      ...(alteration === undefined ? {} : { alteration }),
      alterations: this.#alterations,
    };
  }

  #leafOfPayload(entry: MessageEntry): Uint8Array | undefined {
    const { lane, kind, n, shown } = entry;
    if (shown === undefined) return undefined;
    return leafOf(this.#crypto, this.#scratch, lane, kind, n, shown.salt, shown.payload);
  }

  /** Whether a leaf for `n` can be compared or stored; says why not. */
  #mayStand(n: number, fileOffset: number): boolean {
    if (n >= this.#finalThrough) this.#report('beyond-final', n, n, fileOffset);
    else if (n >= this.#through + MAX_AHEAD) this.#report('misplaced', n, n, fileOffset);
    else if (n < this.#through && this.#ring.mark(n) === 0) {
      // Its statement has passed, with or without an entry for it.
      this.#report(n < this.#ring.floor ? 'duplicate' : 'misplaced', n, n, fileOffset);
    } else return true;
    return false;
  }

  #put(n: number, leaf: Uint8Array, mark: number): void {
    if (n >= this.#through) this.#ring.put(n, leaf, mark);
    else this.#ring.remark(n, mark);
    if (n >= this.#highest) this.#highest = n + 1;
  }

  #suspect(entry: MessageEntry, leaf: Uint8Array, mark: number, fileOffset: number): void {
    const { n } = entry;
    const room = this.#suspects.size < MAX_FINDINGS;
    if (n < this.#through || this.#suspects.has(n) || !room)
      this.#report('entry', n, n, fileOffset);
    else this.#suspects.set(n, { leaf, fileOffset });
    this.#put(n, entry.leaf, mark);
  }

  /** Reports the messages below `through` that have no leaf. @returns whether there are none */
  #reportMissing(through: number, fileOffset: number): boolean {
    const end = Math.min(through, this.#highest);
    let complete = true;
    for (let n = this.#through; n < end; n++) {
      if (this.#ring.mark(n) !== 0) continue;
      const from = n;
      while (n + 1 < end && this.#ring.mark(n + 1) === 0) n++;
      this.#report('missing', from, n, fileOffset);
      complete = false;
    }
    if (through <= this.#highest) return complete;
    this.#report('missing', Math.max(this.#through, this.#highest), through - 1, fileOffset);
    return false;
  }

  /** Whether the entries' leaves, or else the leaves of the suspects' payloads, give `link`. */
  #linksTo(link: Uint8Array, through: number): boolean {
    if (sameBytes(this.#fold(through, false), link)) return true;
    return this.#suspects.size > 0 && sameBytes(this.#fold(through, true), link);
  }

  #fold(through: number, byPayload: boolean): Uint8Array {
    const folder = new LinkFolder(this.#crypto, this.#link);
    for (let n = this.#through; n < through; n++) {
      const suspect = byPayload ? this.#suspects.get(n) : undefined;
      folder.fold(suspect?.leaf ?? this.#ring.leaf(n));
    }
    return folder.link;
  }

  #reportSuspects(through: number): void {
    for (const n of this.#suspects.keys()) {
      if (n < through) this.#reportSuspect(n);
    }
  }

  #reportSuspect(n: number): void {
    const suspect = this.#suspects.get(n);
    if (suspect === undefined) return;
    this.#report('entry', n, n, suspect.fileOffset);
    this.#suspects.delete(n);
  }

  #end(fileOffset: number): void {
    this.#finalThrough = this.#through;
    if (this.tail > 0) this.#report('beyond-final', this.#through, this.#highest - 1, fileOffset);
  }

  #report(kind: AlterationKind, fromMessage: number, toMessage: number, fileOffset: number): void {
    if (this.#alterations.length >= MAX_FINDINGS) return;
    this.#alterations.push({ kind, fromMessage, toMessage, fileOffset });
  }
}

/** A buffer that the lane verifiers of a log may share. */
export function verifierScratch(): Uint8Array {
  return new Uint8Array(SCRATCH_BYTES);
}
