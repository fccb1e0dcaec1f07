import type { PacketBuilder } from '../message/packet-builder.js';
import { RangeSet } from '../recovery/range-set.js';
import { SentFrame } from '../recovery/sent-frame.js';
import type { SentPacket } from '../recovery/sent-packet.js';
import type { StateCarrier } from '../state-carrier.js';
import { controlOverhead, encodeControl } from '../wire/frames/control-frame.js';

/** The control stream's window (SPEC 6.3). */
const CONTROL_WINDOW_BYTES = 65_536;
const MIN_PIECE_BYTES = 16;
/**
 * What may wait to be acknowledged. GAPs of a full lossy window and answers to LEAF_WANTED come to
 * half of it; more gathers only with a peer that asks and asks and acknowledges nothing.
 */
const MAX_BACKLOG_BYTES = 1_048_576;
/** A buffer up to this size is kept when all of it has arrived. */
const KEPT_BYTES = 16_384;
const FIRST_BYTES = 256;
/** The first room for pieces that come out of order; a power of two, as all its sizes. */
const FIRST_RING_BYTES = 1_024;
const NO_BYTES: Uint8Array = new Uint8Array(0);
/** Separate pieces that wait at most: more than an honest sender has packets under way. */
const MAX_RANGES = 1_024;

/** The sending half of the control stream: ordered, retransmitted, outside message credit. */
export class ControlSender {
  #bytes: Uint8Array = NO_BYTES;
  /** Offset in the stream of `#bytes[0]`. */
  #base = 0;
  #end = 0;
  #sent = 0;
  readonly #acked = new RangeSet();
  readonly #lost = new RangeSet();

  /** Offset behind the last byte appended. */
  get end(): number {
    return this.#end;
  }

  /** Everything before this offset has arrived. */
  get settled(): number {
    return this.#base;
  }

  /** Bytes appended and not yet acknowledged. */
  get backlog(): number {
    return this.#end - this.#base;
  }

  /** Whether more waits than an honest peer ever lets gather. */
  get isOverfull(): boolean {
    return this.backlog > MAX_BACKLOG_BYTES;
  }

  append(bytes: Uint8Array): void {
    const length = this.#end - this.#base;
    if (length + bytes.length > this.#bytes.length) this.#grow(length + bytes.length);
    this.#bytes.set(bytes, length);
    this.#end += bytes.length;
  }

  get wantsToWrite(): boolean {
    return !this.#lost.isEmpty || this.#sent < this.#sendLimit;
  }

  /** Writes CONTROL frames while they fit. @returns whether any was written */
  write(builder: PacketBuilder, packet: SentPacket): boolean {
    let wrote = false;
    while (!this.#lost.isEmpty) {
      const from = this.#lost.start(0);
      const to = this.#put(builder, packet, from, this.#lost.end(0));
      if (to < 0) return wrote;
      this.#lost.remove(from, to);
      builder.repeats = true;
      wrote = true;
    }
    while (this.#sent < this.#sendLimit) {
      const to = this.#put(builder, packet, this.#sent, this.#sendLimit);
      if (to < 0) return wrote;
      this.#sent = to;
      wrote = true;
    }
    return wrote;
  }

  onAcked(start: number, end: number): void {
    if (end <= this.#base) return;
    this.#acked.add(start, end);
    this.#lost.remove(start, end);
    const settled = this.#acked.nextMissing(this.#base);
    if (settled > this.#base) this.#forget(settled);
  }

  onLost(start: number, end: number): void {
    const from = Math.max(start, this.#base);
    if (from >= end) return;
    this.#lost.add(from, end);
    for (let i = 0; i < this.#acked.count; i++) {
      this.#lost.remove(this.#acked.start(i), this.#acked.end(i));
    }
  }

  /** With nothing under way: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#base = state.number(this.#base);
    this.#end = state.number(this.#end);
    this.#sent = state.number(this.#sent);
  }

  get #sendLimit(): number {
    return Math.min(this.#end, this.#base + CONTROL_WINDOW_BYTES);
  }

  #put(builder: PacketBuilder, packet: SentPacket, from: number, until: number): number {
    const room = builder.room - controlOverhead(from, until - from);
    if (room < Math.min(until - from, MIN_PIECE_BYTES)) return -1;
    const to = Math.min(until, from + room);
    encodeControl(builder.frame(true), from, this.#bytes, from - this.#base, to - this.#base);
    packet.addFrame(SentFrame.Control, undefined, from, to);
    return to;
  }

  #forget(settled: number): void {
    this.#bytes.copyWithin(0, settled - this.#base, this.#end - this.#base);
    this.#acked.remove(0, settled);
    this.#base = settled;
    if (this.#bytes.length > KEPT_BYTES) this.rest();
  }

  /** Gives the buffer back when all of it has arrived. */
  rest(): void {
    if (this.backlog === 0) this.#bytes = NO_BYTES;
  }

  #grow(needed: number): void {
    const bytes = new Uint8Array(Math.max(needed, this.#bytes.length * 2, FIRST_BYTES));
    bytes.set(this.#bytes.subarray(0, this.#end - this.#base));
    this.#bytes = bytes;
  }
}

/** What became of a CONTROL frame. */
export type ControlVerdict = 'ok' | 'duplicate' | 'overflow';

/** The receiving half: puts pieces in order within the window. */
export class ControlReceiver {
  /** Pieces that came out of order, by their offset modulo its length; there while any waits. */
  #ring: Uint8Array = NO_BYTES;
  readonly #have = new RangeSet();
  #base = 0;

  /** Takes a piece; `deliver` gets the bytes that are now in order. */
  handle(offset: number, bytes: Uint8Array, deliver: (bytes: Uint8Array) => void): ControlVerdict {
    const end = offset + bytes.length;
    if (end > this.#base + CONTROL_WINDOW_BYTES) return 'overflow';
    if (end <= this.#base) return 'duplicate';
    if (offset <= this.#base && this.#have.isEmpty) {
      const fresh = bytes.subarray(this.#base - offset);
      this.#base = end;
      deliver(fresh);
      return 'ok';
    }
    this.#store(Math.max(offset, this.#base), end, bytes, offset);
    if (this.#have.count > MAX_RANGES) return 'overflow';
    const ready = this.#have.nextMissing(this.#base);
    if (ready > this.#base) this.#release(ready, deliver);
    return 'ok';
  }

  /** Whether no piece waits for one before it. */
  get isIdle(): boolean {
    return this.#have.isEmpty;
  }

  /** While it is idle: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.#base = state.number(this.#base);
  }

  #store(from: number, end: number, bytes: Uint8Array, offset: number): void {
    if (end - this.#base > this.#ring.length) this.#grow(end - this.#base);
    const mask = this.#ring.length - 1;
    for (let at = from; at < end; at++) this.#ring[at & mask] = bytes[at - offset]!;
    this.#have.add(from, end);
  }

  #grow(needed: number): void {
    let length = Math.max(FIRST_RING_BYTES, this.#ring.length);
    while (length < needed) length *= 2;
    const ring = new Uint8Array(length);
    for (let i = 0; i < this.#have.count; i++) {
      for (let at = this.#have.start(i); at < this.#have.end(i); at++) {
        ring[at & (length - 1)] = this.#ring[at & (this.#ring.length - 1)]!;
      }
    }
    this.#ring = ring;
  }

  #release(ready: number, deliver: (bytes: Uint8Array) => void): void {
    const out = new Uint8Array(ready - this.#base);
    const mask = this.#ring.length - 1;
    for (let i = 0; i < out.length; i++) out[i] = this.#ring[(this.#base + i) & mask]!;
    this.#have.remove(0, ready);
    this.#base = ready;
    if (this.#have.isEmpty) this.#ring = NO_BYTES;
    deliver(out);
  }
}
