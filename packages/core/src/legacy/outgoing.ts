import { VCLError } from '../errors.js';
import { Fifo } from '../fifo.js';
import {
  encodeLegacyFragment,
  LEGACY_FRAGMENT_OVERHEAD,
  LEGACY_MAX_FRAGMENTS,
} from './fragment.js';
import { LEGACY_PACKET_OVERHEAD, LegacyPacketType } from './packet.js';

/** The plaintext of one packet to come. */
export interface LegacyPlaintext {
  readonly packetType: LegacyPacketType;
  readonly plaintext: Uint8Array;
}

interface OutgoingMessage {
  readonly packetType: LegacyPacketType;
  readonly payload: Uint8Array;
  /** Fragments; 0 for a message that travels as it is. */
  readonly total: number;
  readonly id: number;
  next: number;
}

const EMPTY: Uint8Array = new Uint8Array(0);
/** The longest UDP datagram over IPv4. */
const MAX_DATAGRAM_BYTES = 65_507;
/** The largest fragment that fits into a datagram; with more, the crate's socket refuses (G43). */
export const LEGACY_MAX_FRAGMENT_BYTES: number =
  MAX_DATAGRAM_BYTES - LEGACY_PACKET_OVERHEAD - LEGACY_FRAGMENT_OVERHEAD;

/** Messages, pings and rotations on their way out, cut into packets when their turn comes. */
export class LegacyOutgoing {
  readonly #fragmentSize: number;
  readonly #queue = new Fifo<OutgoingMessage>();
  #nextId = 0;
  #messagesDone = 0;

  /** @param fragmentSize bytes of a fragment; longer messages are cut, as the crate does */
  constructor(fragmentSize: number) {
    this.#fragmentSize = fragmentSize;
  }

  /** Messages of which the last packet was taken. */
  get messagesDone(): number {
    return this.#messagesDone;
  }

  /**
   * @param payload not copied
   * @throws VCLError `MessageTooBig` beyond 65,535 fragments
   */
  addMessage(payload: Uint8Array): void {
    const size = this.#fragmentSize;
    if (payload.length <= size) {
      this.#add(LegacyPacketType.Data, payload, 0);
      return;
    }
    const total = Math.ceil(payload.length / size);
    if (total > LEGACY_MAX_FRAGMENTS) {
      throw new VCLError(
        'MessageTooBig',
        `${payload.length} bytes take ${total} fragments of ${size}, this wire has at most ` +
          `${LEGACY_MAX_FRAGMENTS}: send less at a time`,
      );
    }
    this.#add(LegacyPacketType.Fragment, payload, total);
  }

  /** @param packetType Ping or KeyRotation, which has its payload when its turn comes */
  addControl(packetType: LegacyPacketType): void {
    this.#add(packetType, EMPTY, 0);
  }

  /** What the next packet holds, or undefined. */
  take(): LegacyPlaintext | undefined {
    const message = this.#queue.peek();
    if (message === undefined) return undefined;
    const { packetType, payload } = message;
    const plaintext = message.total === 0 ? payload : this.#fragmentOf(message);
    message.next++;
    if (message.next < message.total) return { packetType, plaintext };
    this.#queue.poll();
    if (isMessage(packetType)) this.#messagesDone++;
    return { packetType, plaintext };
  }

  /** Forgets everything. */
  clear(): void {
    this.#queue.clear();
  }

  #add(packetType: LegacyPacketType, payload: Uint8Array, total: number): void {
    const id = total === 0 ? 0 : this.#nextId++;
    this.#queue.push({ packetType, payload, total, id, next: 0 });
  }

  #fragmentOf({ payload, total, id, next }: OutgoingMessage): Uint8Array {
    const start = next * this.#fragmentSize;
    const data = payload.subarray(start, start + this.#fragmentSize);
    return encodeLegacyFragment({ id: BigInt(id), index: next, total, data });
  }
}

function isMessage(packetType: LegacyPacketType): boolean {
  return packetType === LegacyPacketType.Data || packetType === LegacyPacketType.Fragment;
}
