import type { VCLError } from '@vcl-protocol/core';
import { AsyncQueue } from './async-queue.js';
import type { CarrierName } from './carriers/carrier-name.js';
import type { LaneName } from './packet.js';

/** What happens on a connection, told apart by `type`. */
export type VCLEvent =
  /** The handshake is complete. */
  | { readonly type: 'Connected'; readonly peerIdentity: Uint8Array }
  /** The connection has ended; nothing follows. `code` is the close code of SPEC 9.2. */
  | {
      readonly type: 'Disconnected';
      readonly code: number;
      readonly reason: string;
      /** Whether the peer closed. */
      readonly remote: boolean;
    }
  /** A message was delivered; `size` is its length in bytes. */
  | {
      readonly type: 'PacketReceived';
      readonly lane: LaneName;
      readonly sequence: bigint;
      readonly size: number;
    }
  /** A ping came and was answered. */
  | { readonly type: 'PingReceived' }
  /** The answer to a ping came, `latencyMs` milliseconds after it. */
  | { readonly type: 'PongReceived'; readonly latencyMs: number }
  /** Keys of a new epoch are in use. */
  | { readonly type: 'KeyRotated'; readonly epoch: number }
  /** All messages of the lane with a smaller number are covered by a verified statement. */
  | { readonly type: 'Verified'; readonly lane: LaneName; readonly through: bigint }
  /** Messages from this number on were delivered and will not be covered by any statement. */
  | { readonly type: 'Unverified'; readonly lane: LaneName; readonly from: bigint }
  /** The peer has given up a lossy message; `leaf` is its place in the chain. */
  | {
      readonly type: 'Gap';
      readonly lane: LaneName;
      readonly sequence: bigint;
      readonly leaf: Uint8Array;
    }
  /** The peer is reached at another address. */
  | {
      readonly type: 'PathChanged';
      readonly address: string;
      readonly port: number;
      readonly carrier: CarrierName;
    }
  /**
   * `count` datagrams or messages were dropped; with {@link SUBSCRIBER_TOO_SLOW} as reason,
   * events of this subscription.
   */
  | { readonly type: 'Dropped'; readonly reason: string; readonly count: number }
  /** Something failed. If it ends the connection, `Disconnected` follows. */
  | { readonly type: 'Error'; readonly error: VCLError };

/** Reason of a `Dropped` event that stands for events a slow subscriber has missed. */
export const SUBSCRIBER_TOO_SLOW = 'subscriber-too-slow';

/** Options of {@link EventHub.subscribe}. */
export interface SubscribeOptions {
  /** Events kept for a slow subscriber: a positive integer. Default 1,024. */
  readonly queueLimit?: number;
}

/** One subscriber's view of the events. End it with `close()`, `using` or by leaving the loop. */
export interface EventSubscription extends AsyncIterableIterator<VCLEvent, undefined>, Disposable {
  /** The next event, or undefined after the last one. Rejects when `signal` is aborted. */
  recv(signal?: AbortSignal): Promise<VCLEvent | undefined>;
  /** Ends the subscription and forgets what is queued. */
  close(): void;
}

/**
 * Hands each event to any number of subscribers. A subscriber that does not keep up loses its
 * oldest events but `Disconnected`, and finds a `Dropped` event in their place; the others and the
 * connection do not notice.
 */
export class EventHub {
  readonly #subscriptions = new Set<Subscription>();
  #disconnected: VCLEvent | undefined;
  #closed = false;

  /** How many subscribers there are; with none, {@link emit} need not be called. */
  get subscriberCount(): number {
    return this.#subscriptions.size;
  }

  /**
   * Starts a subscription; it sees the events from here on. After {@link close} it sees only how
   * the connection ended.
   */
  subscribe(options: SubscribeOptions = {}): EventSubscription {
    const limit = options.queueLimit ?? DEFAULT_QUEUE_LIMIT;
    if (!Number.isInteger(limit) || limit < 1) {
      throw new RangeError(`queueLimit must be a positive integer: got ${limit}`);
    }
    const subscription = new Subscription(limit, () => this.#subscriptions.delete(subscription));
    if (this.#closed) {
      if (this.#disconnected !== undefined) subscription.add(this.#disconnected);
      subscription.end();
    } else {
      this.#subscriptions.add(subscription);
    }
    return subscription;
  }

  /** Hands `event` to all subscribers. Without effect after `Disconnected` and {@link close}. */
  emit(event: VCLEvent): void {
    if (this.#closed || this.#disconnected !== undefined) return;
    if (event.type === 'Disconnected') this.#disconnected = event;
    for (const subscription of this.#subscriptions) subscription.add(event);
  }

  /** Ends all subscriptions once they have read what is queued. */
  close(): void {
    this.#closed = true;
    for (const subscription of this.#subscriptions) subscription.end();
    this.#subscriptions.clear();
  }
}

const DEFAULT_QUEUE_LIMIT = 1024;

class Subscription implements EventSubscription {
  readonly #queue = new AsyncQueue<VCLEvent>();
  readonly #limit: number;
  readonly #onClose: () => void;
  #missed = 0;

  constructor(limit: number, onClose: () => void) {
    this.#limit = limit;
    this.#onClose = onClose;
  }

  add(event: VCLEvent): void {
    if (this.#queue.size >= this.#limit) this.#dropOldest();
    this.#queue.push(event);
  }

  end(): void {
    this.#queue.end();
  }

  async next(): Promise<IteratorResult<VCLEvent, undefined>> {
    return this.#takeMissed() ?? (await this.#queue.next());
  }

  async recv(signal?: AbortSignal): Promise<VCLEvent | undefined> {
    signal?.throwIfAborted();
    return (this.#takeMissed() ?? (await this.#queue.next(signal))).value;
  }

  close(): void {
    this.#onClose();
    this.#missed = 0;
    while (this.#queue.shift() !== undefined);
    this.#queue.end();
  }

  async return(): Promise<IteratorResult<VCLEvent, undefined>> {
    this.close();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  /** Nothing is added after `Disconnected`, so that is never what is dropped. */
  #dropOldest(): void {
    this.#queue.shift();
    this.#missed++;
  }

  /** Losses are always at the head of the queue, hence told before anything else. */
  #takeMissed(): IteratorResult<VCLEvent, undefined> | undefined {
    if (this.#missed === 0) return undefined;
    const count = this.#missed;
    this.#missed = 0;
    return { done: false, value: { type: 'Dropped', reason: SUBSCRIBER_TOO_SLOW, count } };
  }
}
