import { type RemoteAddress, sameAddress, TransportMode } from '@vcl-protocol/core';
import { AsyncQueue } from '../async-queue.js';
import type { DatagramLink } from '../datagram-link.js';
import {
  closedError,
  MAX_QUEUED_BYTES,
  MESSAGE_OVERHEAD_BYTES,
  type RawCarrier,
  type RawMessage,
} from './raw-carrier.js';

/** The longest payload of a datagram over IPv4, bytes. */
export const MAX_UDP_BYTES = 65_507;

/** Messages as UDP datagrams to and from one peer: set, or else the first who sends one. */
export class DatagramCarrier implements RawCarrier {
  readonly mode: TransportMode = TransportMode.Udp;
  readonly maxBytes: number = MAX_UDP_BYTES;
  readonly #link: DatagramLink;
  readonly #messages = new AsyncQueue<RawMessage>();
  readonly #waiting: (() => void)[] = [];
  #peer: RemoteAddress | undefined;
  #queuedBytes = 0;
  #drops = 0;
  #isClosed = false;

  constructor(link: DatagramLink, peer: RemoteAddress | undefined) {
    this.#link = link;
    this.#peer = peer;
    link.start({
      onDatagram: (data, from) => this.#onDatagram(data, from),
      onDrain: () => this.#onDrain(),
      // A datagram may be lost anyway, here as well as on its way.
      onTrouble: () => undefined,
    });
  }

  get local(): RemoteAddress {
    return this.#link.local;
  }

  get peer(): RemoteAddress | undefined {
    return this.#peer;
  }

  get drops(): number {
    return this.#drops;
  }

  /** Messages go to `peer` from here on, and come from there only. */
  setPeer(peer: RemoteAddress): void {
    this.#peer = peer;
  }

  async send(data: Uint8Array): Promise<void> {
    const peer = this.#peer;
    if (peer === undefined) throw new Error('no peer');
    for (;;) {
      if (this.#isClosed) throw closedError(this.mode, 'open another one');
      const buffer = this.#link.reserve();
      if (buffer !== undefined) {
        buffer.set(data);
        break;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#link.send(data.length, peer);
    this.#link.flush();
  }

  async receive(signal: AbortSignal | undefined): Promise<RawMessage> {
    const message = (await this.#messages.next(signal)).value as RawMessage;
    this.#queuedBytes -= message.data.length + MESSAGE_OVERHEAD_BYTES;
    return message;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#messages.fail(closedError(this.mode, 'close() was called'));
    this.#onDrain();
    return this.#link.close();
  }

  #onDatagram(data: Uint8Array, from: RemoteAddress): void {
    if (data.length === 0 || this.#isClosed) return;
    // A copy, because the link may use the object again.
    const peer = this.#peer ?? { address: from.address, port: from.port };
    this.#peer = peer;
    const bytes = data.length + MESSAGE_OVERHEAD_BYTES;
    if (!sameAddress(from, peer) || this.#queuedBytes + bytes > MAX_QUEUED_BYTES) {
      this.#drops++;
      return;
    }
    this.#queuedBytes += bytes;
    this.#messages.push({ data: data.slice(), from: peer });
  }

  #onDrain(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
