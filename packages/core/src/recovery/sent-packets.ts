import { VCLError } from '../errors.js';
import type { StateCarrier } from '../state-carrier.js';
import { type AckBlock, largestOf } from './ack-block.js';
import { PacketList, type PacketListView } from './packet-list.js';
import { PacketState, SentPacket } from './sent-packet.js';
import { SkippedNumbers } from './skipped-numbers.js';
import { UntrackedTimes } from './untracked-times.js';

/** Records kept for use when nothing is in flight; more go to the garbage collector. */
const MAX_POOLED = 1_024;

/**
 * The sent packets of one packet number space and the pool their records come from. It hands out
 * packet numbers (they only grow), keeps the outstanding packets and, apart from them, those
 * declared lost, both in the order of their numbers.
 *
 * Use: `acquire`, fill the record, then give it to the loss detector, or `release` it when the
 * datagram was not built after all.
 */
export class SentPackets {
  readonly #outstanding = new PacketList();
  readonly #lost = new PacketList();
  #pool: SentPacket[] = [];
  readonly #skipped = new SkippedNumbers();
  readonly #untracked = new UntrackedTimes();
  #nextPacketNumber = 0;
  #ackedAtTail = false;
  #created = 0;

  /** The lowest packet number not used yet. */
  get nextPacketNumber(): number {
    return this.#nextPacketNumber;
  }

  /** Tracked packets with an unknown fate, in the order of their numbers. */
  get outstanding(): PacketListView {
    return this.#outstanding;
  }

  /** Packets declared lost that are still remembered, in the order of their numbers. */
  get lost(): PacketListView {
    return this.#lost;
  }

  /** For a time of rest with nothing outstanding: gives back records and old times. */
  rest(): void {
    this.#pool = [];
    this.#untracked.clear();
  }

  /** How many records were ever made: stays put while records are used again. */
  get createdRecords(): number {
    return this.#created;
  }

  /** A blank record for packet `packetNumber`, by default the next one. */
  acquire(packetNumber: number = this.#nextPacketNumber): SentPacket {
    let packet = this.#pool.pop();
    if (packet === undefined) {
      packet = new SentPacket();
      this.#created++;
    }
    packet.packetNumber = packetNumber;
    return packet;
  }

  /** Gives back a record that is in no list. */
  release(packet: SentPacket): void {
    packet.clear();
    if (this.#pool.length < MAX_POOLED) this.#pool.push(packet);
  }

  /**
   * The packet was sent. An ack-eliciting one is outstanding from here on; the record of any other
   * is released. Numbers between the last one and this one count as skipped.
   *
   * @throws VCLError `InvalidPacket` when the number was used before
   */
  onSent(packet: SentPacket): void {
    const packetNumber = packet.packetNumber;
    if (packetNumber < this.#nextPacketNumber) {
      throw new VCLError('InvalidPacket', 'a packet number was used twice: take nextPacketNumber');
    }
    while (this.#nextPacketNumber < packetNumber) this.skip(this.#nextPacketNumber);
    this.#nextPacketNumber = packetNumber + 1;
    if (!packet.ackEliciting) {
      this.#untracked.add(packetNumber, packet.sentAt);
      this.release(packet);
      return;
    }
    packet.state = PacketState.outstanding;
    packet.ackedBefore = this.#ackedAtTail;
    this.#ackedAtTail = false;
    this.#outstanding.push(packet);
  }

  /**
   * Leaves the next packet number out, so that an ACK of it is caught (rule D6).
   *
   * @throws VCLError `InvalidPacket` unless it is the next one
   */
  skip(packetNumber: number): void {
    if (packetNumber !== this.#nextPacketNumber) {
      throw new VCLError('InvalidPacket', 'only the next packet number can be skipped');
    }
    this.#skipped.add(packetNumber);
    this.#nextPacketNumber++;
  }

  /** Whether `block`, which is not empty, acknowledges a number that was skipped or never sent. */
  isOptimistic(block: AckBlock): boolean {
    return largestOf(block) >= this.#nextPacketNumber || this.#skipped.isAcknowledgedBy(block);
  }

  /** When an untracked packet was sent, or `NaN` if that is not known. */
  untrackedSentAt(packetNumber: number): number {
    return this.#untracked.sentAt(packetNumber);
  }

  /** Moves every outstanding packet that `block` acknowledges to the end of `into`. */
  takeAcked(block: AckBlock, into: PacketList): void {
    const largest = largestOf(block);
    let range = block.count - 1;
    let packet = this.#outstanding.first;
    while (packet !== undefined && packet.packetNumber <= largest) {
      const newer: SentPacket | undefined = packet.next;
      while (block.ends[range]! < packet.packetNumber) range--;
      if (packet.packetNumber >= block.starts[range]!) this.#takeAcked(packet, into);
      packet = newer;
    }
  }

  /** Moves an outstanding packet to the lost ones. Packets are lost in the order of their numbers. */
  markLost(packet: SentPacket, now: number): void {
    this.#outstanding.remove(packet);
    packet.state = PacketState.lost;
    packet.lostAt = now;
    this.#lost.push(packet);
  }

  /** Takes a packet out of the lost ones; the caller releases it. */
  takeLost(packet: SentPacket): void {
    this.#lost.remove(packet);
  }

  /** At rest: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#skipped.carry(state);
    this.#nextPacketNumber = state.number(this.#nextPacketNumber);
    this.#ackedAtTail = state.flag(this.#ackedAtTail);
    this.#created = state.number(this.#created);
  }

  #takeAcked(packet: SentPacket, into: PacketList): void {
    if (packet.next === undefined) this.#ackedAtTail = true;
    else packet.next.ackedBefore = true;
    this.#outstanding.remove(packet);
    packet.state = PacketState.acked;
    into.push(packet);
  }
}
