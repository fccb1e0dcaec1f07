import type { PacketPort } from '@vcl-protocol/core';
import { PARTIAL_CHECKSUM } from '../ip/packet-fields.js';
import { innerPacketBytes } from './inner-packet.js';
import type { PacketQueue } from './packet-queue.js';

/** What slows a port down when nothing gets through (RFC 8084). */
export interface RateBreaker {
  /** Whether something may leave now. */
  allows(now: number): boolean;
  /** So many bytes left. */
  onSent(bytes: number, now: number): void;
  /** When {@link allows} may say something else, in ms of the same clock. */
  nextAt(): number;
  onPersistentCongestion(now: number): void;
}

/** Who gets the packets of a port. */
export interface PacketTaker {
  /**
   * One packet of the peer, sound as far as its length goes. It is gone afterwards.
   *
   * @param isPartial whether its TCP or UDP checksum is that of the pseudo header only
   */
  onPacket(bytes: Uint8Array, start: number, end: number, isPartial: boolean): void;
}

/** What went through a port. */
export interface PortCounters {
  packetsSent: number;
  bytesSent: number;
  packetsReceived: number;
  bytesReceived: number;
  /** Packets that were longer than a datagram of the path can hold. */
  tooBig: number;
  /** Messages of the peer that held something else than IP packets. */
  malformed: number;
}

/**
 * A tunnel's end of a session's lossy lane: one message holds as many whole inner packets as are
 * there and fit a datagram (SPEC 14.1).
 */
export class TunnelPort implements PacketPort {
  readonly queue: PacketQueue;
  readonly counters: PortCounters = {
    packetsSent: 0,
    bytesSent: 0,
    packetsReceived: 0,
    bytesReceived: 0,
    tooBig: 0,
    malformed: 0,
  };
  /** Called when what waits has to wait on, with the time until which. */
  onHeld: ((until: number) => void) | undefined;
  readonly #taker: PacketTaker;
  readonly #breaker: RateBreaker;

  constructor(queue: PacketQueue, breaker: RateBreaker, taker: PacketTaker) {
    this.queue = queue;
    this.#breaker = breaker;
    this.#taker = taker;
  }

  peek(now: number): number {
    const bytes = this.queue.head(now)?.nextBytes ?? 0;
    if (bytes === 0 || this.#breaker.allows(now)) return bytes;
    this.onHeld?.(this.#breaker.nextAt());
    return 0;
  }

  write(out: Uint8Array, start: number, limit: number, now: number): number {
    const { queue, counters } = this;
    let at = start;
    for (let head = queue.head(now); head !== undefined; head = queue.head(now)) {
      const bytes = head.nextBytes;
      if (bytes > limit - at) {
        if (at > start) break;
        // No datagram on this path can hold it: it must not stand in the way of the others.
        head.dropNext();
        queue.sent(0);
        counters.tooBig++;
        continue;
      }
      head.take(out, at);
      queue.sent(bytes);
      at += bytes;
      counters.packetsSent++;
    }
    counters.bytesSent += at - start;
    this.#breaker.onSent(at - start, now);
    return at - start;
  }

  read(message: Uint8Array): void {
    const { counters } = this;
    const end = message.length;
    for (let at = 0; at < end; ) {
      const bytes = innerPacketBytes(message, at, end);
      if (bytes === 0) {
        counters.malformed++;
        return;
      }
      const isPartial = (message[at]! & PARTIAL_CHECKSUM) !== 0;
      message[at]! &= ~PARTIAL_CHECKSUM;
      counters.packetsReceived++;
      counters.bytesReceived += bytes;
      this.#taker.onPacket(message, at, at + bytes, isPartial);
      at += bytes;
    }
  }

  onPersistentCongestion(now: number): void {
    this.#breaker.onPersistentCongestion(now);
  }
}
