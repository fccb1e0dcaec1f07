import { VCLError } from '../errors.js';
import { type Fragment, MAX_FRAGMENTS } from './fragment.js';
import { IncomingMessage } from './incoming-message.js';
import { MemoryBudget } from './memory-budget.js';

/** Messages that may be incomplete at a time, unless another number is given. */
const DEFAULT_MAX_PENDING = 256;
const DEFAULT_MAX_BYTES = 24 * 1024 * 1024;
const DEFAULT_LIFETIME_MS = 30_000;

/** Settings of a {@link Reassembler}. */
export interface ReassemblerOptions {
  /** The clock, ms from any origin, never going back. */
  readonly now: () => number;
  /** Incomplete messages held at a time, at least 1. Default 256. */
  readonly maxPending?: number;
  /** Bytes held for incomplete messages, and of one message, at least 1. Default 24 MiB. */
  readonly maxBytes?: number;
  /** How long an incomplete message is held, ms. Default 30,000. */
  readonly lifetimeMs?: number;
}

/**
 * Puts {@link Fragment}s together again, in whatever order and however often they come. Fragments
 * that contradict each other, and what is too much or too old, cost the message they belong to;
 * the oldest goes first. One object serves one peer.
 */
export class Reassembler {
  readonly #now: () => number;
  readonly #maxPending: number;
  readonly #maxBytes: number;
  readonly #lifetimeMs: number;
  readonly #memory: MemoryBudget;
  /** By id, in the order in which they began. */
  readonly #pending = new Map<number, PendingMessage>();
  #dropped = 0;

  /** @throws VCLError `InvalidConfig` for a number below its least */
  constructor(options: ReassemblerOptions) {
    const { maxPending = DEFAULT_MAX_PENDING, maxBytes = DEFAULT_MAX_BYTES } = options;
    if (!(maxPending >= 1 && maxBytes >= 1)) {
      throw new VCLError('InvalidConfig', 'reassembler: maxPending and maxBytes must be 1 or more');
    }
    this.#now = options.now;
    this.#maxPending = maxPending;
    this.#maxBytes = maxBytes;
    this.#lifetimeMs = options.lifetimeMs ?? DEFAULT_LIFETIME_MS;
    this.#memory = new MemoryBudget(maxBytes);
  }

  /** The guide's constructor with a limit. */
  static withMaxPending(maxPending: number, options: ReassemblerOptions): Reassembler {
    return new Reassembler({ ...options, maxPending });
  }

  /** How many messages are incomplete. */
  get pendingCount(): number {
    return this.#pending.size;
  }

  /** How many incomplete messages were given up since the start. */
  get droppedCount(): number {
    return this.#dropped;
  }

  /** Takes a fragment. @returns the message that it completes, in bytes of its own, or undefined */
  add(fragment: Fragment): Uint8Array | undefined {
    this.#expire();
    const { fragmentId } = fragment;
    if (fragment.isSingle()) {
      if (this.#pending.has(fragmentId)) this.#drop(fragmentId);
      return fragment.data.slice();
    }
    const pending = this.#pending.get(fragmentId) ?? this.#begin(fragment);
    const held = pending.allocated;
    const isConsistent = pending.add(fragment, this.#maxBytes);
    this.#memory.take(pending.allocated - held);
    if (!isConsistent) this.#drop(fragmentId);
    else if (pending.isComplete) return this.#finish(fragmentId, pending);
    else this.#makeRoom();
    return undefined;
  }

  /** Forgets all incomplete messages. */
  cleanup(): void {
    for (const id of this.#pending.keys()) this.#drop(id);
  }

  #begin({ fragmentId, totalFragments }: Fragment): PendingMessage {
    if (this.#pending.size >= this.#maxPending) this.#dropOldest();
    const pending = new PendingMessage(fragmentId, totalFragments, this.#now());
    this.#pending.set(fragmentId, pending);
    return pending;
  }

  #finish(id: number, pending: PendingMessage): Uint8Array {
    this.#pending.delete(id);
    this.#memory.give(pending.allocated);
    return pending.payload();
  }

  #makeRoom(): void {
    while (this.#memory.isOver) this.#dropOldest();
  }

  #expire(): void {
    const oldest = this.#now() - this.#lifetimeMs;
    for (const [id, pending] of this.#pending) {
      if (pending.startedAt > oldest) return;
      this.#drop(id);
    }
  }

  #dropOldest(): void {
    for (const id of this.#pending.keys()) {
      this.#drop(id);
      return;
    }
  }

  #drop(id: number): void {
    this.#memory.give(this.#pending.get(id)!.allocated);
    this.#pending.delete(id);
    this.#dropped++;
  }
}

/** A message of which fragments are missing: every fragment but the last has the same size. */
class PendingMessage {
  isComplete = false;
  readonly #total: number;
  readonly #message: IncomingMessage;
  /** Bytes of a fragment; -1 until one that is not the last has come. */
  #size = -1;
  /** The last fragment, while its offset is not known. */
  #last: Uint8Array | undefined;

  constructor(id: number, total: number, now: number) {
    this.#total = total;
    this.#message = new IncomingMessage(id, now, MAX_FRAGMENTS);
  }

  get startedAt(): number {
    return this.#message.startedAt;
  }

  get allocated(): number {
    return this.#message.allocated + (this.#last?.length ?? 0);
  }

  /** @returns whether the fragment fits to those before it, and the message into `maxBytes` */
  add(fragment: Fragment, maxBytes: number): boolean {
    const { fragmentIndex, totalFragments, data } = fragment;
    if (totalFragments !== this.#total || data.length === 0) return false;
    if (fragment.isLast()) return this.#addLast(data, maxBytes);
    if (this.#size < 0) this.#size = data.length;
    if (data.length !== this.#size || this.#size * (this.#total - 1) >= maxBytes) return false;
    if (!this.#put(fragmentIndex, data)) return false;
    const last = this.#last;
    this.#last = undefined;
    return last === undefined || this.#addLast(last, maxBytes);
  }

  payload(): Uint8Array {
    return this.#message.payload();
  }

  #addLast(data: Uint8Array, maxBytes: number): boolean {
    if (this.#size < 0) {
      if (this.#last !== undefined) return sameBytes(this.#last, data);
      this.#last = data.slice();
      return data.length <= maxBytes;
    }
    const bytes = this.#size * (this.#total - 1) + data.length;
    if (data.length > this.#size || bytes > maxBytes) return false;
    return this.#message.describe(bytes, 0) && this.#put(this.#total - 1, data);
  }

  #put(index: number, data: Uint8Array): boolean {
    const verdict = this.#message.add(index * this.#size, data);
    this.isComplete = verdict === 'complete';
    return verdict !== 'conflict' && verdict !== 'scattered';
  }
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
