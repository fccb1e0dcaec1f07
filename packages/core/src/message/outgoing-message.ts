import type { LeafHasher } from '../chain/leaf.js';
import { RangeSet } from '../recovery/range-set.js';
import { type Lane, laneOf, type MessageReliability } from './reliability.js';

/** What the sender chose for one message. */
export interface OutgoingMessageOptions {
  readonly payload: Uint8Array;
  /** The application's number for the message, 0 to 65,535 (SPEC 6.1). */
  readonly kind: number;
  readonly reliability: MessageReliability;
  /** Absolute time in ms after which the message is not sent (again), or Infinity. */
  readonly deadline: number;
  /** Absolute time in ms until which it may wait for its first byte to leave. Default: its deadline. */
  readonly queueDeadline?: number | undefined;
  /** How often a partial message may be sent again. */
  readonly maxRetries: number;
  /** Higher goes first; messages of one priority keep their order. */
  readonly priority: number;
}

/** A message on its way out: what of it was scheduled, acknowledged and lost. */
export class OutgoingMessage {
  readonly lane: Lane;
  readonly kind: number;
  readonly reliability: MessageReliability;
  readonly deadline: number;
  readonly queueDeadline: number;
  readonly priority: number;
  readonly length: number;
  payload: Uint8Array;
  retriesLeft: number;
  /** The number in its lane, or -1 while nothing of it has been scheduled (rule C1). */
  n = -1;
  /** Bytes scheduled for the first time so far. */
  scheduled = 0;
  /** Whether the frame with the last byte has been scheduled; says more than `scheduled` for empty messages. */
  complete = false;
  hasher: LeafHasher | undefined = undefined;
  leaf: Uint8Array | undefined = undefined;
  /** Acknowledged, abandoned, or neither yet. */
  fate: 'open' | 'acknowledged' | 'abandoned' = 'open';
  /** Whether it stands in the lane's list of messages with bytes to send again. */
  resending = false;
  lastSentAt = 0;
  /** An empty message has no byte range to remember as lost. */
  #emptyLost = false;
  #acked: RangeSet | undefined;
  #lost: RangeSet | undefined;

  constructor(options: OutgoingMessageOptions) {
    this.lane = laneOf(options.reliability);
    this.kind = options.kind;
    this.reliability = options.reliability;
    this.deadline = options.deadline;
    this.queueDeadline = Math.min(options.deadline, options.queueDeadline ?? options.deadline);
    this.priority = options.priority;
    this.payload = options.payload;
    this.length = options.payload.length;
    this.retriesLeft = options.reliability === 'partial' ? options.maxRetries : 0;
  }

  /** Bytes `[start, end)` arrived. @returns whether the whole message has now arrived */
  acknowledge(start: number, end: number): boolean {
    if (this.fate !== 'open') return false;
    if (this.complete && start === 0 && end === this.length) return true;
    this.#acked ??= new RangeSet();
    this.#acked.add(start, end);
    this.#lost?.remove(start, end);
    return this.complete && this.#acked.covered >= this.length;
  }

  /** Bytes `[start, end)` were declared lost. @returns whether any of them must be sent again */
  lose(start: number, end: number): boolean {
    if (this.fate !== 'open') return false;
    this.#lost ??= new RangeSet();
    if (start === end) {
      this.#emptyLost = true;
      return true;
    }
    for (let from = this.#nextOpen(start); from < end; ) {
      const until = Math.min(this.#acked?.nextCovered(from) ?? end, end);
      this.#lost.add(from, until);
      from = this.#nextOpen(until);
    }
    return this.hasLost;
  }

  /** Whether all bytes that were scheduled so far have arrived. */
  get isSentAcknowledged(): boolean {
    return (this.#acked?.covered ?? 0) === this.scheduled && this.scheduled > 0;
  }

  get hasLost(): boolean {
    return this.#emptyLost || (this.#lost !== undefined && !this.#lost.isEmpty);
  }

  get lostStart(): number {
    return this.#emptyLost ? 0 : this.#lost!.start(0);
  }

  get lostEnd(): number {
    return this.#emptyLost ? 0 : this.#lost!.end(0);
  }

  /** Bytes `[start, end)` were sent again. */
  resent(start: number, end: number): void {
    this.#emptyLost = false;
    this.#lost?.remove(start, end);
  }

  /** Ends the message's life and lets go of what it holds. */
  settle(fate: 'acknowledged' | 'abandoned'): void {
    this.fate = fate;
    this.payload = EMPTY;
    this.#acked = undefined;
    this.#lost = undefined;
    this.#emptyLost = false;
    this.hasher = undefined;
  }

  /** The first byte from `from` on that is not acknowledged. */
  #nextOpen(from: number): number {
    return this.#acked === undefined ? from : this.#acked.nextMissing(from);
  }
}

const EMPTY = new Uint8Array(0);
