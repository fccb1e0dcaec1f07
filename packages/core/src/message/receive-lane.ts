import type { ReceiveChain } from '../chain/lane-chain.js';
import { ReplayWindow } from '../recovery/replay-window.js';
import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import type { MessageFrame } from '../wire/frames/message-frame.js';
import { nearestNumber } from '../wire/truncated.js';
import type { ReceiveCredit } from './credit.js';
import { IncomingMessage, type LeafSource, type PieceVerdict } from './incoming-message.js';
import type { MemoryBudget } from './memory-budget.js';
import type { ReceivedMessage } from './received-message.js';
import { LANE_RELIABLE, type Lane } from './reliability.js';

/** A close code when the peer broke a rule, else 0. */
export type Violation = number;

/** What a receiving lane needs. */
export interface ReceiveLaneOptions {
  readonly lane: Lane;
  readonly chain: ReceiveChain;
  readonly leaves: LeafSource;
  readonly credit: ReceiveCredit;
  readonly memory: MemoryBudget;
  readonly maxMessageBytes: number;
  /** Drops the oldest partial lossy message of the peer for its memory. @returns whether there was one */
  readonly dropOldest: () => boolean;
  /** A message arrived whole; in order for lane R, as they come for lane L. */
  readonly onMessage: (message: ReceivedMessage) => void;
  /** A message arrived that was here before. */
  readonly onDuplicate: () => void;
  /** A GAP named a message that had not arrived. */
  readonly onGap: (n: number, length: number, leaf: Uint8Array) => void;
  /** Whether whole messages without a kind are handed over where they lie, by {@link onPacket}. */
  readonly takesPackets?: boolean;
  /**
   * Such a message. The bytes are gone afterwards.
   *
   * @param credited whether its GAP has given its credit back already
   */
  readonly onPacket?: (n: number, data: Uint8Array, leaf: Uint8Array, credited: boolean) => void;
}

const LOSSY_WINDOW = 8_192;
/** How far beyond the base a sender's numbers may be (SPEC 6.1). */
const AHEAD = { 0: 16_384, 1: LOSSY_WINDOW } as const;
const MAX_PARTIAL = 1_024;
const PARTIAL_LIFETIME_MS = 30_000;
/** Messages that came after their GAP and wait to be taken, with what each costs beside its payload. */
const LATE_LIMIT_BYTES = 65_536;
const LATE_OVERHEAD_BYTES = 256;

/** One lane on its way in: numbers, pieces, exactly-once, leaves and credit (SPEC 6.1, 7). */
export class ReceiveLane {
  readonly lane: Lane;
  /** Base of SPEC 6.1: first incomplete number (R), one more than the highest seen (L). */
  base = 0;
  readonly #options: ReceiveLaneOptions;
  // Both are made when they are first needed: most messages come whole and in order.
  #partial: Map<number, IncomingMessage> | undefined;
  /** Complete but behind a missing one, lane R. */
  #waiting: Map<number, ReceivedMessage> | undefined;
  readonly #seen = new ReplayWindow(LOSSY_WINDOW);
  /** Lossy messages whose pieces were dropped for want of memory: their leaves are wanted. */
  readonly #wanted: number[] = [];
  /** Credit that the pieces of dropped messages took, until their GAP settles it. */
  #dropped: Map<number, number> | undefined;
  #lateBytes = 0;

  constructor(options: ReceiveLaneOptions) {
    this.lane = options.lane;
    this.#options = options;
  }

  get partialCount(): number {
    return this.#partial?.size ?? 0;
  }

  /** Takes a MESSAGE frame. @returns 0, or the close code the peer earned */
  handle(frame: MessageFrame, now: number): Violation {
    const n = nearestNumber(this.base, frame.n16);
    if (n >= this.base + AHEAD[this.lane]) return CloseCode.LIMIT_EXCEEDED;
    if (this.#isDone(n)) {
      this.#options.onDuplicate();
      return 0;
    }
    if (this.lane !== LANE_RELIABLE && n >= this.base) this.base = n + 1;
    const partial = this.#partial?.get(n);
    if (this.lane !== LANE_RELIABLE && this.#options.chain.knows(n)) return this.#late(n, frame);
    if (frame.whole && partial === undefined) return this.#whole(n, frame);
    return this.#piece(n, partial, frame, now);
  }

  /** The application took a message that came after its GAP. */
  lateTaken(bytes: number): void {
    this.#lateBytes -= bytes + LATE_OVERHEAD_BYTES;
  }

  /** A GAP for message `n` (SPEC 6.5). */
  handleGap(n: number, length: number, leaf: Uint8Array, now: number, rttMs: number): Violation {
    if (n >= this.base + AHEAD[1]) return CloseCode.LIMIT_EXCEEDED;
    if (length > this.#options.maxMessageBytes) return CloseCode.MESSAGE_TOO_BIG;
    if (n >= this.base) this.base = n + 1;
    const verdict = this.#options.chain.addGap(n, leaf);
    if (verdict === 'conflict') return CloseCode.CHAIN_INVALID;
    if (verdict === 'known') return 0;
    this.#drop(n);
    const counted = this.#dropped?.get(n);
    if (counted !== undefined) {
      this.#dropped?.delete(n);
      this.#options.credit.forget(counted);
    }
    this.#options.credit.skip(length, now, rttMs);
    this.#options.onGap(n, length, leaf);
    return 0;
  }

  /** Drops partial lossy messages past their time. */
  expire(now: number): void {
    if (this.lane === LANE_RELIABLE || this.#partial === undefined) return;
    for (const partial of this.#partial.values()) {
      // The very sum that `deadline` names: a difference may be rounded to less.
      if (now < partial.startedAt + PARTIAL_LIFETIME_MS) return;
      this.#want(partial.n);
    }
  }

  /** When {@link expire} has something to do, or Infinity. */
  get deadline(): number {
    if (this.lane === LANE_RELIABLE || this.#partial === undefined) {
      return Number.POSITIVE_INFINITY;
    }
    for (const partial of this.#partial.values()) return partial.startedAt + PARTIAL_LIFETIME_MS;
    return Number.POSITIVE_INFINITY;
  }

  /** Numbers whose leaves have to be asked for; the list is handed over. */
  takeWanted(): number[] | undefined {
    return this.#wanted.length === 0 ? undefined : this.#wanted.splice(0, 256);
  }

  /** Bytes that have arrived of the message that is being sent: the first incomplete one (R), the newest (L) (SPEC 6.4). */
  get headBytes(): number {
    if (this.#partial === undefined) return 0;
    const n = this.lane === LANE_RELIABLE ? this.base : this.base - 1;
    return this.#partial.get(n)?.receivedBytes ?? 0;
  }

  /** Drops the oldest partial message; its leaf is wanted then. @returns false in lane R, and when there is none */
  dropOldest(): boolean {
    if (this.lane === LANE_RELIABLE || this.#partial === undefined) return false;
    for (const n of this.#partial.keys()) {
      this.#want(n);
      return true;
    }
    return false;
  }

  /** Lets go of everything. */
  clear(): void {
    for (const partial of this.#partial?.values() ?? []) {
      this.#options.memory.give(partial.allocated);
    }
    this.#partial = undefined;
    this.#waiting = undefined;
  }

  /** For a time of rest: gives back what only messages under way need. */
  rest(): void {
    if (this.#partial?.size === 0) this.#partial = undefined;
    if (this.#dropped?.size === 0) this.#dropped = undefined;
    if (this.#waiting?.size === 0) this.#waiting = undefined;
    // With every number accounted for, whatever comes late is a duplicate.
    if (this.#options.chain.through === this.base) this.#seen.closeGaps();
  }

  /** After {@link rest}: whether no message is under way. */
  get isIdle(): boolean {
    return this.#partial === undefined && this.#waiting === undefined && this.#wanted.length === 0;
  }

  /** While it is idle: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.base = state.number(this.base);
    this.#seen.carry(state);
    this.#dropped = state.keep(this.#dropped);
    this.#lateBytes = state.number(this.#lateBytes);
  }

  #isDone(n: number): boolean {
    if (n < 0) return true;
    if (this.lane === LANE_RELIABLE) return n < this.base || this.#waiting?.has(n) === true;
    return !this.#seen.check(n);
  }

  /**
   * A message after its GAP, which has settled its credit. It is still worth having, while there is
   * room for such; of pieces nobody would send the rest.
   */
  #late(n: number, frame: MessageFrame): Violation {
    const bytes = frame.data.length + LATE_OVERHEAD_BYTES;
    if (!frame.whole || this.#lateBytes + bytes > LATE_LIMIT_BYTES) {
      this.#options.onDuplicate();
      return 0;
    }
    if (frame.data.length > this.#options.maxMessageBytes) return CloseCode.MESSAGE_TOO_BIG;
    this.#lateBytes += bytes;
    return this.#takeWhole(n, frame);
  }

  #whole(n: number, frame: MessageFrame): Violation {
    if (frame.data.length > this.#options.maxMessageBytes) return CloseCode.MESSAGE_TOO_BIG;
    if (!this.#options.credit.receive(frame.data.length, 1)) return CloseCode.FLOW_CONTROL;
    return this.#takeWhole(n, frame);
  }

  #takeWhole(n: number, frame: MessageFrame): Violation {
    if (this.#options.takesPackets === true && frame.kind === 0) return this.#packet(n, frame.data);
    const payload = frame.data.slice();
    const leaf = this.#options.leaves.leaf(frame.kind, n, payload);
    return this.#complete(n, frame.kind, payload, leaf, false);
  }

  #piece(
    n: number,
    known: IncomingMessage | undefined,
    frame: MessageFrame,
    now: number,
  ): Violation {
    const { credit, leaves, maxMessageBytes } = this.#options;
    const partial = known ?? this.#start(n, now);
    if (partial === undefined) return CloseCode.LIMIT_EXCEEDED;
    if (known === undefined && !credit.receive(0, 1)) return CloseCode.FLOW_CONTROL;
    const end = frame.offset + frame.data.length;
    if (Math.max(frame.total, end) > maxMessageBytes) return CloseCode.MESSAGE_TOO_BIG;
    const isHead = frame.whole || frame.first;
    if (isHead && !partial.describe(frame.total, frame.kind)) return CloseCode.CHAIN_INVALID;
    // Counted up to the furthest byte: a claimed offset costs credit before it costs memory.
    if (!credit.receive(Math.max(0, end - partial.end), 0)) return CloseCode.FLOW_CONTROL;
    const held = partial.allocated;
    const verdict = partial.add(frame.offset, frame.data, leaves);
    if (verdict === 'conflict') return CloseCode.CHAIN_INVALID;
    const isWithin = this.#options.memory.take(partial.allocated - held) || this.#makeRoom();
    return isWithin ? this.#settlePiece(partial, verdict) : CloseCode.LIMIT_EXCEEDED;
  }

  #settlePiece(partial: IncomingMessage, verdict: PieceVerdict): Violation {
    // Making room may have dropped this very message.
    if (this.#partial?.has(partial.n) !== true) return 0;
    if (verdict === 'complete') return this.#finish(partial);
    if (verdict === 'duplicate') this.#options.onDuplicate();
    if (verdict !== 'scattered') return 0;
    if (this.lane === LANE_RELIABLE) return CloseCode.LIMIT_EXCEEDED;
    this.#want(partial.n);
    return 0;
  }

  #start(n: number, now: number): IncomingMessage | undefined {
    this.#partial ??= new Map();
    const partials = this.#partial;
    if (partials.size >= MAX_PARTIAL && !this.dropOldest()) return undefined;
    const partial = new IncomingMessage(n, now);
    partials.set(n, partial);
    return partial;
  }

  #finish(partial: IncomingMessage): Violation {
    const leaf = partial.leaf(this.#options.leaves);
    this.#partial?.delete(partial.n);
    this.#options.memory.give(partial.allocated);
    return this.#complete(partial.n, partial.kind, partial.payload(), leaf, true);
  }

  #complete(
    n: number,
    kind: number,
    payload: Uint8Array,
    leaf: Uint8Array,
    inPieces: boolean,
  ): Violation {
    const { lane } = this;
    const message = { lane, n, kind, payload, leaf, inPieces, verified: false, credited: false };
    if (lane !== LANE_RELIABLE) return this.#completeLossy(message);
    if (n !== this.base) {
      this.#waiting ??= new Map();
      this.#waiting.set(n, message);
      return 0;
    }
    this.#deliverInOrder(message);
    return 0;
  }

  #deliverInOrder(first: ReceivedMessage): void {
    for (let next: ReceivedMessage | undefined = first; next !== undefined; ) {
      this.base = next.n + 1;
      this.#options.chain.addLeaf(next.n, next.leaf);
      this.#options.onMessage(next);
      next = this.#waiting?.get(this.base);
      if (next !== undefined) this.#waiting?.delete(this.base);
    }
  }

  /** A message that comes after its GAP must have the leaf that the GAP named (rule A2). */
  #completeLossy(message: ReceivedMessage): Violation {
    const verdict = this.#options.chain.addLeaf(message.n, message.leaf);
    if (verdict === 'conflict') return CloseCode.CHAIN_INVALID;
    this.#seen.commit(message.n);
    this.#options.onMessage(verdict === 'known' ? { ...message, credited: true } : message);
    return 0;
  }

  #packet(n: number, data: Uint8Array): Violation {
    const leaf = this.#options.leaves.leaf(0, n, data);
    const verdict = this.#options.chain.addLeaf(n, leaf);
    if (verdict === 'conflict') return CloseCode.CHAIN_INVALID;
    this.#seen.commit(n);
    this.#options.onPacket?.(n, data, leaf, verdict === 'known');
    return 0;
  }

  /** Drops partial lossy messages until the budget holds. @returns false when lane R is what is too much */
  #makeRoom(): boolean {
    const { memory } = this.#options;
    while (memory.isOver && this.#options.dropOldest());
    return this.lane !== LANE_RELIABLE || !memory.isOver;
  }

  #want(n: number): void {
    this.#drop(n);
    this.#wanted.push(n);
  }

  /** Forgets the pieces of a lossy message; late ones are duplicates from here on. */
  #drop(n: number): void {
    const partial = this.#partial?.get(n);
    if (partial !== undefined) {
      this.#partial?.delete(n);
      this.#options.memory.give(partial.allocated);
      this.#dropped ??= new Map();
      this.#dropped.set(n, partial.end);
      if (this.#seen.check(n)) this.#seen.commit(n);
    }
  }
}
