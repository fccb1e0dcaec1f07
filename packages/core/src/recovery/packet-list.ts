import type { SentPacket } from './sent-packet.js';

/** A packet list for reading: walk it by `first` and each packet's `next`. */
export type PacketListView = Pick<PacketList, 'first' | 'last' | 'count'>;

/**
 * Doubly linked list of packet records in the order of their numbers, threaded through the records
 * themselves so that it allocates nothing. A record is in one list at a time.
 */
export class PacketList {
  #first: SentPacket | undefined = undefined;
  #last: SentPacket | undefined = undefined;
  #count = 0;

  /** The packet with the lowest number. */
  get first(): SentPacket | undefined {
    return this.#first;
  }

  /** The packet with the highest number. */
  get last(): SentPacket | undefined {
    return this.#last;
  }

  /** How many packets are in the list. */
  get count(): number {
    return this.#count;
  }

  /** Appends a packet whose number is above all others. */
  push(packet: SentPacket): void {
    packet.previous = this.#last;
    packet.next = undefined;
    if (this.#last === undefined) this.#first = packet;
    else this.#last.next = packet;
    this.#last = packet;
    this.#count++;
  }

  /** Takes out a packet that is in this list. */
  remove(packet: SentPacket): void {
    if (packet.previous === undefined) this.#first = packet.next;
    else packet.previous.next = packet.next;
    if (packet.next === undefined) this.#last = packet.previous;
    else packet.next.previous = packet.previous;
    packet.previous = undefined;
    packet.next = undefined;
    this.#count--;
  }
}
