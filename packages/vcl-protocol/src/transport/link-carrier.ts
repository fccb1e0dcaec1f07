import { Carrier, type RemoteAddress, TransportMode } from '@vcl-protocol/core';
import { AsyncQueue } from '../async-queue.js';
import type { CarrierLink } from '../carrier-link.js';
import type { ThrottledLink } from '../node/carriers/throttled-link.js';
import {
  closedError,
  MAX_QUEUED_BYTES,
  MESSAGE_OVERHEAD_BYTES,
  type RawCarrier,
  type RawMessage,
} from './raw-carrier.js';

/** Messages over one carrier that is connected. A peer that sends faster than we receive has to wait. */
export class LinkCarrier implements RawCarrier {
  readonly mode: TransportMode;
  readonly local: RemoteAddress;
  readonly peer: RemoteAddress;
  readonly maxBytes: number;
  /** None: nothing is read while there is no room. */
  readonly drops = 0;
  readonly #link: CarrierLink;
  readonly #messages = new AsyncQueue<RawMessage>();
  #queuedBytes = 0;
  #isPaused = false;
  #willFlush = false;

  constructor(link: CarrierLink) {
    const { address, port, carrier, maxRecordBytes } = link.remote;
    this.#link = link;
    this.mode = modeOf(carrier);
    this.local = link.local;
    this.peer = { address, port };
    this.maxBytes = maxRecordBytes;
    link.start({
      onRecord: (record) => this.#onRecord(record),
      onDrain: () => undefined,
      onClosed: (error) => {
        const why = error === undefined ? 'the peer has ended it' : error.message;
        this.#messages.fail(closedError(this.mode, why, error));
      },
    });
  }

  async send(data: Uint8Array): Promise<void> {
    const { remote } = this.#link;
    if (remote.isLost) throw closedError(this.mode, 'open another one');
    this.#link.send(data);
    this.#flushSoon();
    while (remote.isFull && !remote.isLost) {
      await new Promise<void>((resolve) => remote.whenChanged(resolve));
    }
  }

  async receive(signal: AbortSignal | undefined): Promise<RawMessage> {
    const message = (await this.#messages.next(signal)).value as RawMessage;
    this.#queuedBytes -= costOf(message.data);
    if (this.#isPaused && this.#queuedBytes <= MAX_QUEUED_BYTES / 2) {
      this.#isPaused = false;
      throttled(this.#link)?.resume();
    }
    return message;
  }

  close(): Promise<void> {
    this.#messages.fail(closedError(this.mode, 'close() was called'));
    return this.#link.close();
  }

  #onRecord(record: Uint8Array): void {
    this.#messages.push({ data: record.slice(), from: this.peer });
    this.#queuedBytes += costOf(record);
    if (this.#queuedBytes <= MAX_QUEUED_BYTES || this.#isPaused) return;
    this.#isPaused = true;
    const link = throttled(this.#link);
    if (link !== undefined) {
      link.pause();
    } else if (this.#queuedBytes > MAX_UNTHROTTLED_BYTES) {
      this.#messages.fail(closedError(this.mode, 'more came than was received'));
      this.#link.destroy();
    }
  }

  /** What is sent in one turn leaves in one piece. */
  #flushSoon(): void {
    if (this.#willFlush) return;
    this.#willFlush = true;
    queueMicrotask(() => {
      this.#willFlush = false;
      this.#link.flush();
    });
  }
}

/** What a carrier that cannot be held up may make us keep, bytes. */
const MAX_UNTHROTTLED_BYTES = 16 * MAX_QUEUED_BYTES;

function throttled(link: CarrierLink): ThrottledLink | undefined {
  return 'pause' in link && 'resume' in link ? (link as ThrottledLink) : undefined;
}

function costOf(data: Uint8Array): number {
  return data.length + MESSAGE_OVERHEAD_BYTES;
}

function modeOf(carrier: number): TransportMode {
  if (carrier === Carrier.Tcp) return TransportMode.Tcp;
  return carrier === Carrier.WebSocket ? TransportMode.WebSocket : TransportMode.Quic;
}
