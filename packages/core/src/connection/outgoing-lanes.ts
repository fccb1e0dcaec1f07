import type { SendChain } from '../chain/lane-chain.js';
import type { LaneLeaves } from '../chain/lane-leaves.js';
import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import { Fifo } from '../fifo.js';
import { SendCredit } from '../message/credit.js';
import { OutgoingMessage, type OutgoingMessageOptions } from '../message/outgoing-message.js';
import type { PacketBuilder } from '../message/packet-builder.js';
import { type Direction, LANE_LOSSY, type Lane } from '../message/reliability.js';
import { SendLane, type SendLaneObserver } from '../message/send-lane.js';
import type { SentPacket } from '../recovery/sent-packet.js';
import type { StateCarrier } from '../state-carrier.js';
import { ControlType, encodeGap } from '../wire/control-messages.js';
import type { ConnectionEvent } from './connection-event.js';
import type { ConnectionCounters } from './connection-options.js';
import type { ControlSender } from './control-stream.js';

/** What the outgoing lanes need of their connection. */
export interface OutgoingLanesOptions {
  readonly direction: Direction;
  readonly leaves: readonly [LaneLeaves, LaneLeaves];
  readonly chains: readonly [SendChain, SendChain];
  readonly control: ControlSender;
  readonly events: Fifo<ConnectionEvent>;
  readonly counters: ConnectionCounters;
  readonly log: SessionLogWriter | undefined;
  /** Initial credit of the lanes, from the peer's parameters. */
  readonly creditBytes: readonly [number, number];
  readonly creditMessages: number;
  /** Bytes that may be queued or unacknowledged before `send` has to wait, overhead included. */
  readonly sendBufferBytes: number;
  /** Sends a message on the control stream. */
  readonly sendControl: (type: number, body: Uint8Array) => void;
  /** Whether another message may go uncovered (SPEC 8.4). */
  readonly mayNumber: () => boolean;
  /** A message of `lane` got its leaf. */
  readonly onLeaf: (lane: Lane) => void;
}

/** Leaves of lossy messages kept for LEAF_WANTED (SPEC 6.5). */
const MAX_KEPT_LEAVES = 4_096;
/** No new lossy message is numbered while this much waits on the control stream (GAPs above all). */
const CONTROL_BACKLOG_BYTES = 49_152;

/** What a message takes beside its payload, about: small ones must not fill the memory instead. */
const MESSAGE_OVERHEAD_BYTES = 512;

/** Which lanes a packet takes messages of. */
export const Lanes = { Reliable: 1, Lossy: 2, Both: 3 } as const;
export type Lanes = (typeof Lanes)[keyof typeof Lanes];

/** Both lanes on their way out: leaves, chains, GAPs and the send buffer. */
export class OutgoingLanes implements SendLaneObserver {
  readonly reliable: SendLane;
  readonly lossy: SendLane;
  readonly #options: OutgoingLanesOptions;
  /** GAPs under way: number and the control offset behind which the peer has it. */
  #gaps: Fifo<{ readonly n: number; readonly end: number }> | undefined;
  /** Statements the peer has not verified, as far as they cover kept leaves that none before does. */
  #covers: Fifo<{ readonly k: number; readonly lossyThrough: number }> | undefined;
  #coveredThrough = 0;
  #keptLeaves: Map<number, { readonly length: number; readonly leaf: Uint8Array }> | undefined;
  #bufferedBytes = 0;
  #bufferedMessages = 0;
  #wasFull = false;
  #lossyWasFirst = false;

  constructor(options: OutgoingLanesOptions) {
    this.#options = options;
    const { creditBytes, creditMessages } = options;
    this.reliable = new SendLane(0, new SendCredit(creditBytes[0], creditMessages), this);
    this.lossy = new SendLane(1, new SendCredit(creditBytes[1], creditMessages), this);
  }

  /** Payload bytes queued, or sent and not acknowledged. */
  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** Whether `send` should wait for `writable`. */
  get isFull(): boolean {
    return this.#occupiedBytes >= this.#options.sendBufferBytes;
  }

  get hasUnsent(): boolean {
    return this.reliable.hasUnsent || this.lossy.hasUnsent;
  }

  get isSettled(): boolean {
    return this.reliable.isSettled && this.lossy.isSettled;
  }

  /** Whether {@link write} could write something of these lanes now. */
  wantsToWrite(lanes: Lanes): boolean {
    if (lanes !== Lanes.Reliable && this.lossy.wantsToWrite) return true;
    return lanes !== Lanes.Lossy && this.reliable.wantsToWrite;
  }

  /** Bytes that the peer's credit still allows in both lanes. */
  get creditBytesLeft(): number {
    return this.reliable.credit.bytesLeft + this.lossy.credit.bytesLeft;
  }

  /** Whether the last attempt to send stopped for want of credit. */
  get blocked(): boolean {
    return this.reliable.blocked || this.lossy.blocked;
  }

  /** When the lossy message expires whose turn is next. */
  get queueDeadline(): number {
    return this.lossy.nextDeadline;
  }

  /** Drops waiting messages whose deadline has passed. */
  expire(now: number): void {
    this.lossy.expire(now);
  }

  enqueue(options: OutgoingMessageOptions): void {
    const message = new OutgoingMessage(options);
    this.#bufferedBytes += message.length;
    this.#bufferedMessages++;
    if (this.isFull) this.#wasFull = true;
    this.#lane(message.lane).queue.push(message);
  }

  /** Writes what fits; the lane with the higher priority first, in turns where they are equal. */
  write(builder: PacketBuilder, packet: SentPacket, now: number, lanes: Lanes): boolean {
    if (lanes === Lanes.Reliable) return this.reliable.write(builder, packet, now);
    if (lanes === Lanes.Lossy) return this.lossy.write(builder, packet, now);
    const lead = this.reliable.nextPriority - this.lossy.nextPriority;
    const reliableFirst = lead > 0 || (lead === 0 && this.#lossyWasFirst);
    this.#lossyWasFirst = !reliableFirst;
    const first = reliableFirst ? this.reliable : this.lossy;
    const second = reliableFirst ? this.lossy : this.reliable;
    const wroteFirst = first.write(builder, packet, now);
    const wroteSecond = second.write(builder, packet, now);
    return wroteFirst || wroteSecond;
  }

  onAcked(message: OutgoingMessage, start: number, end: number): void {
    this.#lane(message.lane).onAcked(message, start, end);
  }

  onLost(message: OutgoingMessage, start: number, end: number, now: number): void {
    this.#lane(message.lane).onLost(message, start, end, now);
  }

  offerProbe(message: OutgoingMessage, start: number, end: number): void {
    this.#lane(message.lane).offerProbe(message, start, end);
  }

  raiseCredit(lane: number, bytes: number, messages: number): void {
    (lane === LANE_LOSSY ? this.lossy : this.reliable).credit.raise(bytes, messages);
  }

  /** Control bytes before `settled` have arrived: GAPs among them settle their numbers. */
  onControlSettled(settled: number): void {
    for (let gap = this.#gaps?.peek(); gap !== undefined && gap.end <= settled; ) {
      this.lossy.settle(gap.n);
      this.#gaps?.poll();
      gap = this.#gaps?.peek();
    }
  }

  /** Own statement `k` covers the lossy messages below `lossyThrough`. */
  noteStatement(k: number, lossyThrough: number): void {
    if (this.#keptLeaves === undefined || lossyThrough <= this.#coveredThrough) return;
    this.#coveredThrough = lossyThrough;
    this.#covers ??= new Fifo();
    this.#covers.push({ k, lossyThrough });
    // Without its oldest a leaf is only kept until a later one is verified.
    if (this.#covers.count > MAX_KEPT_LEAVES) this.#covers.poll();
  }

  /** The peer has verified so many statements: it will not ask for leaves that they cover. */
  onStatementsSeen(statements: number): void {
    let through = 0;
    for (let cover = this.#covers?.peek(); cover !== undefined && cover.k < statements; ) {
      through = cover.lossyThrough;
      this.#covers?.poll();
      cover = this.#covers?.peek();
    }
    if (through > 0) this.#releaseLeaves(through);
  }

  /** LEAF_WANTED: the peer dropped pieces of these messages. */
  onLeavesWanted(numbers: readonly number[]): void {
    for (const n of numbers) {
      const kept = this.#keptLeaves?.get(n);
      // What it dropped it will not take any more; and each leaf is sent once, however often it asks.
      if (!this.lossy.giveUp(n) && kept !== undefined) this.#sendGap(n, kept.length, kept.leaf);
      this.#keptLeaves?.delete(n);
    }
  }

  mayNumber(lane: Lane): boolean {
    if (lane === LANE_LOSSY && this.#options.control.backlog > CONTROL_BACKLOG_BYTES) return false;
    return this.#options.mayNumber();
  }

  onScheduled(message: OutgoingMessage, from: number, to: number): void {
    const leaves = this.#options.leaves[message.lane];
    if (from === 0 && message.complete) {
      message.leaf = leaves.leaf(message.kind, message.n, message.payload);
    } else {
      message.hasher ??= leaves.hasher(message.kind, message.n, message.length);
      message.hasher.update(message.payload.subarray(from, to));
      if (message.complete) message.leaf = message.hasher.digest();
    }
    if (message.complete) this.#append(message, message.leaf!);
  }

  onAbandoned({ n, length, leaf }: OutgoingMessage): void {
    this.#noteGap(n, length, leaf!);
    this.#options.events.push({ type: 'abandoned', n, length });
  }

  /** A message that is not kept was written with number `n`. @returns its leaf */
  appendPacket(n: number, payload: Uint8Array): Uint8Array {
    const { chains, counters, leaves, log, direction } = this.#options;
    const leaf = leaves[LANE_LOSSY].leaf(0, n, payload);
    counters.messagesSent++;
    chains[LANE_LOSSY].append(leaf);
    if (log !== undefined) {
      log.message(direction, LANE_LOSSY, 0, n, payload, leaves[LANE_LOSSY].salt(n), leaf);
    }
    this.#options.onLeaf(LANE_LOSSY);
    return leaf;
  }

  /** A message that is not kept was lost. */
  abandonPacket(n: number, length: number, leaf: Uint8Array): void {
    this.#noteGap(n, length, leaf);
  }

  onExpired(message: OutgoingMessage): void {
    this.#options.events.push({ type: 'abandoned', n: -1, length: message.length });
  }

  onReleased(bytes: number): void {
    this.#bufferedBytes -= bytes;
    this.#bufferedMessages--;
    if (!this.#wasFull || this.#occupiedBytes > this.#options.sendBufferBytes / 2) return;
    this.#wasFull = false;
    this.#options.events.push({ type: 'writable' });
  }

  /** With all settled: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.reliable.carry(state);
    this.lossy.carry(state);
    this.#covers = state.keep(this.#covers);
    this.#coveredThrough = state.number(this.#coveredThrough);
    this.#keptLeaves = state.keep(this.#keptLeaves);
    this.#wasFull = state.flag(this.#wasFull);
    this.#lossyWasFirst = state.flag(this.#lossyWasFirst);
  }

  get #occupiedBytes(): number {
    return this.#bufferedBytes + this.#bufferedMessages * MESSAGE_OVERHEAD_BYTES;
  }

  #lane(lane: Lane): SendLane {
    return lane === LANE_LOSSY ? this.lossy : this.reliable;
  }

  #append(message: OutgoingMessage, leaf: Uint8Array): void {
    const { chains, counters, log, direction, leaves } = this.#options;
    counters.messagesSent++;
    if (message.hasher !== undefined) counters.fragmentedSent++;
    chains[message.lane].append(leaf);
    if (log !== undefined) {
      const salt = leaves[message.lane].salt(message.n);
      log.message(direction, message.lane, message.kind, message.n, message.payload, salt, leaf);
    }
    if (message.lane === LANE_LOSSY) this.#keep(message.n, message.length, leaf);
    this.#options.onLeaf(message.lane);
  }

  #noteGap(n: number, length: number, leaf: Uint8Array): void {
    const { log, direction } = this.#options;
    const end = this.#sendGap(n, length, leaf);
    this.#gaps ??= new Fifo();
    this.#gaps.push({ n, end });
    log?.gap({ direction, lane: LANE_LOSSY, n, length, leaf });
  }

  #keep(n: number, length: number, leaf: Uint8Array): void {
    this.#keptLeaves ??= new Map();
    const kept = this.#keptLeaves;
    kept.set(n, { length, leaf });
    if (kept.size > MAX_KEPT_LEAVES) kept.delete(kept.keys().next().value!);
  }

  /** Leaves are kept in the order of their numbers. */
  #releaseLeaves(through: number): void {
    for (const n of this.#keptLeaves?.keys() ?? []) {
      if (n >= through) return;
      this.#keptLeaves?.delete(n);
    }
    this.#keptLeaves = undefined;
    this.#covers = undefined;
  }

  #sendGap(n: number, length: number, leaf: Uint8Array): number {
    this.#options.sendControl(ControlType.GAP, encodeGap({ lane: LANE_LOSSY, n, length, leaf }));
    return this.#options.control.end;
  }
}
