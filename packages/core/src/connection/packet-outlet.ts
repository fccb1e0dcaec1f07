import { LeafRing } from '../chain/leaf-ring.js';
import type { PacketBuilder } from '../message/packet-builder.js';
import { LANE_LOSSY } from '../message/reliability.js';
import { SentFrame } from '../recovery/sent-frame.js';
import type { SentPacket } from '../recovery/sent-packet.js';
import type { OutgoingLanes } from './outgoing-lanes.js';
import type { PacketPort } from './packet-port.js';

/** How far numbers of the lossy lane run ahead (SPEC 6.1), a power of two. */
const WINDOW = 8_192;
/** Leaves of settled messages are forgotten once so many numbers have gathered. */
const FORGET_EVERY = WINDOW / 2;
const KNOWN = 1;

/**
 * Messages of a {@link PacketPort} on their way out: number, leaf, GAP. They are not kept: of a
 * message that was sent nothing stays but its length and leaf, until it is acknowledged or its GAP is.
 */
export class PacketOutlet {
  readonly port: PacketPort;
  #lanes: OutgoingLanes | undefined;
  /** What a GAP would say of each message that is not settled. */
  #leaves = new LeafRing(WINDOW);
  readonly #lengths = new Uint32Array(WINDOW);

  /** For one session, which it is given to. */
  constructor(port: PacketPort) {
    this.port = port;
  }

  /** Messages go out by these lanes from now on: of the session, again when it woke. */
  attach(lanes: OutgoingLanes): void {
    this.#lanes = lanes;
    this.#leaves = new LeafRing(WINDOW);
  }

  /** How long the next message is at least; 0 when none waits, or none may be sent. */
  peek(now: number): number {
    const bytes = this.port.peek(now);
    return bytes > 0 && this.#lanes?.lossy.mayTake(bytes) === true ? bytes : 0;
  }

  /** Writes one message as the last frame of the record. @returns whether there was one */
  write(builder: PacketBuilder, packet: SentPacket, now: number): boolean {
    const lanes = this.#lanes!;
    const { lossy } = lanes;
    const n = lossy.next;
    const start = builder.beginWhole(LANE_LOSSY, n);
    const limit = Math.min(builder.wholeLimit, start + lossy.credit.bytesLeft);
    const length = this.port.write(builder.buffer, start, limit, now);
    if (length === 0) {
      builder.cancelWhole();
      return false;
    }
    builder.endWhole(length);
    lossy.takeNumber(length);
    packet.addFrame(SentFrame.Packet, undefined, n, n + 1);
    packet.exempt = true;
    const leaf = lanes.appendPacket(n, builder.buffer.subarray(start, start + length));
    this.#remember(n, leaf);
    this.#lengths[n % WINDOW] = length;
    return true;
  }

  onAcked(n: number): void {
    this.#lanes!.lossy.settle(n);
  }

  /** The message will not be sent again: the peer is told its leaf. */
  onLost(n: number): void {
    if (this.#leaves.mark(n) === 0) return;
    this.#lanes!.abandonPacket(n, this.#lengths[n % WINDOW]!, this.#leaves.leaf(n).slice());
  }

  /** What is settled gives way only now: most that is acknowledged is acknowledged in order. */
  #remember(n: number, leaf: Uint8Array): void {
    if (n - this.#leaves.floor >= FORGET_EVERY) {
      this.#leaves.dropBelow(this.#lanes!.lossy.settledThrough);
    }
    this.#leaves.put(n, leaf, KNOWN);
  }
}
