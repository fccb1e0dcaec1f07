import type { SeededRandom } from '../random.js';
import { BandwidthQueue } from './bandwidth-queue.js';
import { BurstLoss } from './burst-loss.js';
import { isBlackHoled, type LinkConditions } from './conditions.js';
import { createLinkCounters, type LinkCounters } from './counters.js';
import { cutShort, flipBit } from './damage.js';

/** A datagram on its way: when it arrives, and what arrives. */
export interface Arrival {
  readonly atMs: number;
  readonly data: Uint8Array;
}

const NOTHING: readonly Arrival[] = [];

/**
 * One direction between two addresses. Every kind of trouble has a random stream of its own, so that
 * setting one condition leaves the others' choices as they were.
 */
export class Link {
  readonly counters: LinkCounters = createLinkCounters();
  readonly #queue: BandwidthQueue = new BandwidthQueue();
  readonly #loss: BurstLoss;
  readonly #jitterRandom: SeededRandom;
  readonly #reorderRandom: SeededRandom;
  readonly #duplicateRandom: SeededRandom;
  readonly #damageRandom: SeededRandom;
  #conditions: LinkConditions;
  #lastArrivalMs = Number.NEGATIVE_INFINITY;

  constructor(random: SeededRandom, conditions: LinkConditions) {
    this.#loss = new BurstLoss(random.fork('loss'));
    this.#jitterRandom = random.fork('jitter');
    this.#reorderRandom = random.fork('reorder');
    this.#duplicateRandom = random.fork('duplicate');
    this.#damageRandom = random.fork('damage');
    this.#conditions = conditions;
    this.#queue.setRate(conditions.bandwidthBitsPerSecond, 0);
  }

  /** Changes the conditions for what is sent from `now` on. */
  setConditions(conditions: LinkConditions, now: number): void {
    this.#conditions = conditions;
    this.#queue.setRate(conditions.bandwidthBitsPerSecond, now);
  }

  /**
   * Sends one datagram.
   *
   * @param data given away: it may be damaged in place
   * @returns what arrives because of it: nothing, one datagram or two
   */
  carry(data: Uint8Array, now: number): readonly Arrival[] {
    const leavesAtMs = this.#leave(data.length, now);
    if (leavesAtMs < 0) return NOTHING;
    const { duplicate, reorder, reorderDelayMs } = this.#conditions;
    const copy = this.#duplicateRandom.chance(duplicate) ? data.slice() : undefined;
    const first: Arrival = {
      atMs: this.#arrive(leavesAtMs, reorder, reorderDelayMs),
      data: this.#damage(data),
    };
    if (copy === undefined) return [first];
    this.counters.duplicated++;
    return [first, { atMs: this.#arrive(leavesAtMs, 0, 0), data: copy }];
  }

  /** @returns when the last bit leaves, or -1 when the datagram gets no further */
  #leave(bytes: number, now: number): number {
    const { mtu, queueBytes, loss, burst } = this.#conditions;
    this.counters.sent++;
    this.counters.sentBytes += bytes;
    if (bytes > mtu) {
      this.counters.tooBig++;
      return -1;
    }
    if (isBlackHoled(this.#conditions, now)) {
      this.counters.blackHoled++;
      return -1;
    }
    const leavesAtMs = this.#queue.enter(bytes, queueBytes, now);
    if (leavesAtMs < 0) {
      this.counters.queueDropped++;
      return -1;
    }
    if (this.#loss.isLost(loss, burst)) {
      this.counters.lost++;
      return -1;
    }
    return leavesAtMs;
  }

  #arrive(leavesAtMs: number, reorder: number, reorderDelayMs: number): number {
    const { delayMs, jitterMs } = this.#conditions;
    const jitteredMs = leavesAtMs + delayMs + this.#jitterRandom.between(0, jitterMs);
    const inOrderMs = Math.max(jitteredMs, this.#lastArrivalMs);
    if (this.#reorderRandom.chance(reorder)) {
      this.counters.reordered++;
      return inOrderMs + reorderDelayMs * (1 - this.#reorderRandom.next());
    }
    this.#lastArrivalMs = inOrderMs;
    return inOrderMs;
  }

  #damage(data: Uint8Array): Uint8Array {
    const { corrupt, truncate } = this.#conditions;
    if (this.#damageRandom.chance(corrupt) && data.length > 0) {
      this.counters.corrupted++;
      flipBit(data, this.#damageRandom);
    }
    if (this.#damageRandom.chance(truncate) && data.length > 0) {
      this.counters.truncated++;
      return cutShort(data, this.#damageRandom);
    }
    return data;
  }
}
