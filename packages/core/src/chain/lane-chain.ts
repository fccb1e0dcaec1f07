import type { CryptoProvider } from '../crypto/provider.js';
import { VCLError } from '../errors.js';
import type { StateCarrier } from '../state-carrier.js';
import { LeafRing } from './leaf-ring.js';
import { LinkFolder } from './link.js';
import { sameBytes } from './same-bytes.js';

export { genesis } from './link.js';

/** What a statement says of a lane: how many messages, and the link behind the last of them. */
export interface LaneHead {
  readonly through: number;
  /** 32 bytes. */
  readonly link: Uint8Array;
}

/** What became of a leaf: new, known already, or different from the one known. */
export type LeafVerdict = 'ok' | 'known' | 'conflict';

/** How far ahead of the last link taken a leaf may be: the largest max_uncovered, twice. */
export const MAX_PENDING_LEAVES = 131_072;

/** For how many numbers below that link the leaves of GAPs are kept (rule C6). */
export const GAP_MEMORY = 8_192;

const FROM_MESSAGE = 1;
const FROM_GAP = 2;

/** The chain of one lane on the sending side: leaves come in order. */
export class SendChain implements LaneHead {
  readonly #folder: LinkFolder;
  #through = 0;

  /** @param start `link[0]`, see {@link genesis} */
  constructor(crypto: Pick<CryptoProvider, 'sha256'>, start: Uint8Array) {
    this.#folder = new LinkFolder(crypto, start);
  }

  /** How many leaves were appended: the number of the next message. */
  get through(): number {
    return this.#through;
  }

  /** `link[through]`, 32 bytes of their own. */
  get link(): Uint8Array {
    return this.#folder.link;
  }

  /** Appends the leaf of message {@link through}. */
  append(leaf: Uint8Array): void {
    this.#folder.fold(leaf);
    this.#through++;
  }

  /** Hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#folder.carry(state);
    this.#through = state.number(this.#through);
  }
}

/**
 * The chain of one lane on the receiving side: leaves come in any order, from messages and from
 * GAPs. They are linked only as far as statements ask for, see {@link advanceTo}.
 */
export class ReceiveChain {
  readonly #folder: LinkFolder;
  /** Leaves not linked yet. */
  readonly #pending = new LeafRing(MAX_PENDING_LEAVES);
  /** Leaves of GAPs that are linked, in order of their numbers. */
  #gaps: Map<number, Uint8Array> | undefined;
  #through = 0;
  #highest = 0;
  #linked = 0;

  /** @param start `link[0]`, see {@link genesis} */
  constructor(crypto: Pick<CryptoProvider, 'sha256'>, start: Uint8Array) {
    this.#folder = new LinkFolder(crypto, start);
  }

  /** How many leaves are known without a hole before them. */
  get through(): number {
    return this.#through;
  }

  /** One more than the highest number with a known leaf. */
  get highest(): number {
    return this.#highest;
  }

  /** How many leaves {@link link} stands behind. */
  get linked(): number {
    return this.#linked;
  }

  /** `link[linked]`, 32 bytes of their own. */
  get link(): Uint8Array {
    return this.#folder.link;
  }

  /**
   * The leaf of a message that arrived whole. `conflict` also for a number that is linked and came
   * by no GAP of the last 8,192 numbers, and for one 131,072 or more beyond the last link taken:
   * the caller drops the former as duplicates beforehand and refuses the latter.
   */
  addLeaf(n: number, leaf: Uint8Array): LeafVerdict {
    if (n < this.#linked) return this.#compareLinked(n, leaf, 'conflict');
    if (this.#pending.mark(n) === 0) return this.#put(n, leaf, FROM_MESSAGE);
    if (!this.#pending.equals(n, leaf)) return 'conflict';
    this.#pending.remark(n, FROM_MESSAGE);
    return 'known';
  }

  /**
   * The leaf of a message that its sender gave up (SPEC 6.5). Kept, so that the message itself, if
   * it comes late, can be compared. Where a statement has already fixed the leaf of a message that
   * arrived, the GAP says nothing new: `known`.
   */
  addGap(n: number, leaf: Uint8Array): LeafVerdict {
    if (n < this.#linked) return this.#compareLinked(n, leaf, 'known');
    if (this.#pending.mark(n) === 0) return this.#put(n, leaf, FROM_GAP);
    return this.#pending.equals(n, leaf) ? 'known' : 'conflict';
  }

  /** Whether the leaf of `n` is known and not forgotten: of a message, or of a GAP of the last 8,192. */
  knows(n: number): boolean {
    return n < this.#linked ? this.#gaps?.has(n) === true : this.#pending.mark(n) !== 0;
  }

  /** Whether `link[through]` can be computed: all leaves below are known. */
  canReach(through: number): boolean {
    return through <= this.#through;
  }

  /**
   * Links up to `through` and gives `link[through]`, 32 bytes of their own.
   *
   * @throws VCLError `ChainValidationFailed` for a through that cannot be reached or lies behind
   */
  advanceTo(through: number): Uint8Array {
    if (through < this.#linked || through > this.#through) {
      throw new VCLError(
        'ChainValidationFailed',
        `link ${through} is not in ${this.#linked}..${this.#through}: ask canReach first`,
      );
    }
    for (let n = this.#linked; n < through; n++) {
      const leaf = this.#pending.leaf(n);
      this.#folder.fold(leaf);
      if (this.#pending.mark(n) !== FROM_GAP) continue;
      this.#gaps ??= new Map();
      this.#gaps.set(n, leaf.slice());
    }
    this.#linked = through;
    this.#pending.dropBelow(through);
    this.#forgetGaps();
    return this.#folder.link;
  }

  /** Whether every leaf that is known is linked. */
  get isLinked(): boolean {
    return this.#linked === this.#highest;
  }

  /** With all linked: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#folder.carry(state);
    this.#pending.carry(state);
    this.#gaps = state.keep(this.#gaps);
    this.#through = state.number(this.#through);
    this.#highest = state.number(this.#highest);
    this.#linked = state.number(this.#linked);
  }

  #put(n: number, leaf: Uint8Array, mark: number): LeafVerdict {
    if (!this.#pending.put(n, leaf, mark)) return 'conflict';
    if (n >= this.#highest) this.#highest = n + 1;
    while (this.#pending.mark(this.#through) !== 0) this.#through++;
    return 'ok';
  }

  #compareLinked(n: number, leaf: Uint8Array, whenUnknown: LeafVerdict): LeafVerdict {
    const known = this.#gaps?.get(n);
    if (known === undefined) return whenUnknown;
    return sameBytes(known, leaf) ? 'known' : 'conflict';
  }

  #forgetGaps(): void {
    for (const n of this.#gaps?.keys() ?? []) {
      if (n >= this.#linked - GAP_MEMORY) return;
      this.#gaps?.delete(n);
    }
  }
}
