import { DROP, type PacketFates } from './packet-fates.js';

/** What became of the datagrams of one direction. */
export interface DirectionStats {
  received: number;
  receivedBytes: number;
  dropped: number;
  /** Sent after one that had come later. */
  reordered: number;
  /** The longest that one was held back, in milliseconds. */
  longestDelayMs: number;
}

interface Held {
  readonly datagram: Uint8Array;
  readonly number: number;
  readonly arrivedMs: number;
  readonly dueMs: number;
}

/** One direction of the relay: loses and holds back datagrams. Knows neither sockets nor timers. */
export class RelayDirection {
  readonly #fates: Pick<PacketFates, 'next'>;
  readonly #send: (datagram: Uint8Array) => void;
  readonly #stats: DirectionStats = {
    received: 0,
    receivedBytes: 0,
    dropped: 0,
    reordered: 0,
    longestDelayMs: 0,
  };
  /** In the order of arrival; a few at most. */
  #held: Held[] = [];
  #highestSent = -1;

  constructor(fates: Pick<PacketFates, 'next'>, send: (datagram: Uint8Array) => void) {
    this.#fates = fates;
    this.#send = send;
  }

  /** A live view. */
  get stats(): Readonly<DirectionStats> {
    return this.#stats;
  }

  /** Whether datagrams wait, so that {@link release} is to be called in time. */
  get isHolding(): boolean {
    return this.#held.length > 0;
  }

  /** A datagram came: sends it, drops it or keeps it, and sends what is due. */
  accept(datagram: Uint8Array, now: number): void {
    this.release(now);
    const number = this.#stats.received++;
    this.#stats.receivedBytes += datagram.length;
    const fate = this.#fates.next();
    if (fate === DROP) this.#stats.dropped++;
    else if (fate > 0) this.#held.push({ datagram, number, arrivedMs: now, dueMs: now + fate });
    else this.#pass(datagram, number);
  }

  /** Sends what is due. */
  release(now: number): void {
    if (this.#held.length === 0) return;
    const due = this.#held.filter((each) => each.dueMs <= now).sort((a, b) => a.dueMs - b.dueMs);
    if (due.length === 0) return;
    this.#held = this.#held.filter((each) => each.dueMs > now);
    for (const { datagram, number, arrivedMs } of due) {
      this.#stats.longestDelayMs = Math.max(this.#stats.longestDelayMs, now - arrivedMs);
      this.#pass(datagram, number);
    }
  }

  #pass(datagram: Uint8Array, number: number): void {
    if (number < this.#highestSent) this.#stats.reordered++;
    else this.#highestSent = number;
    this.#send(datagram);
  }
}
