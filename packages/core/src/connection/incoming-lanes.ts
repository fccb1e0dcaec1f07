import type { ReceiveChain } from '../chain/lane-chain.js';
import type { LaneLeaves } from '../chain/lane-leaves.js';
import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import type { Fifo } from '../fifo.js';
import type { ReceiveCredit } from '../message/credit.js';
import type { MemoryBudget } from '../message/memory-budget.js';
import { ReceiveLane, type ReceiveLaneOptions, type Violation } from '../message/receive-lane.js';
import type { ReceivedMessage } from '../message/received-message.js';
import { type Direction, LANE_LOSSY, LANE_RELIABLE, type Lane } from '../message/reliability.js';
import type { StateCarrier } from '../state-carrier.js';
import { CloseCode } from '../wire/close-codes.js';
import type { GapMessage } from '../wire/control-messages.js';
import type { MessageFrame } from '../wire/frames/message-frame.js';
import type { ConnectionEvent } from './connection-event.js';
import type { ConnectionCounters } from './connection-options.js';
import { Delivery } from './delivery.js';
import type { DropCounters } from './drop-reason.js';
import type { PacketPort } from './packet-port.js';

/** What the incoming lanes need of their connection. */
export interface IncomingLanesOptions {
  readonly direction: Direction;
  readonly leaves: readonly [LaneLeaves, LaneLeaves];
  readonly chains: readonly [ReceiveChain, ReceiveChain];
  readonly credits: readonly [ReceiveCredit, ReceiveCredit];
  readonly memory: MemoryBudget;
  readonly maxMessageBytes: number;
  /** Whether messages wait for a verified statement (SPEC 8.5). */
  readonly signed: boolean;
  readonly events: Fifo<ConnectionEvent>;
  readonly drops: DropCounters;
  readonly counters: ConnectionCounters;
  readonly log: SessionLogWriter | undefined;
  readonly rttMs: () => number;
  readonly now: () => number;
  /** Takes lossy messages where they lie. */
  readonly port?: PacketPort | undefined;
  /** A message arrived whole and is not covered yet. */
  readonly onUncovered: (lane: Lane, through: number) => void;
  readonly onCreditWanted: (lane: number) => void;
  /** Whether the peer's FINAL excludes message `n` (SPEC 8.3). */
  readonly isBeyondFinal: (lane: Lane, n: number) => boolean;
}

/** Both lanes on their way in: exactly once, leaves, gaps, delivery and credit. */
export class IncomingLanes {
  readonly delivery: Delivery;
  readonly #options: IncomingLanesOptions;
  readonly #lanes: readonly [ReceiveLane, ReceiveLane];
  #hadReady = false;
  #isBeyondFinal = false;
  /** One more than the highest number that the port was handed. */
  #packetsThrough = 0;

  constructor(options: IncomingLanesOptions) {
    this.#options = options;
    this.delivery = new Delivery(options.signed);
    this.#lanes = [
      new ReceiveLane(new LaneHost(LANE_RELIABLE, this, options)),
      new ReceiveLane(new LaneHost(LANE_LOSSY, this, options)),
    ];
  }

  handle(frame: MessageFrame, now: number): Violation {
    const lane = this.#lanes[frame.lane === LANE_LOSSY ? 1 : 0];
    const violation = lane.handle(frame, now);
    if (this.#isBeyondFinal) return CloseCode.CHAIN_INVALID;
    if (violation === 0) {
      this.#noteHead();
      this.#options.credits[lane.lane].tune(now, this.#options.rttMs());
    }
    return violation;
  }

  handleGap(gap: GapMessage, now: number): Violation {
    if (gap.lane !== LANE_LOSSY) return CloseCode.PROTOCOL_VIOLATION;
    const options = this.#options;
    if (options.isBeyondFinal(LANE_LOSSY, gap.n)) return CloseCode.CHAIN_INVALID;
    const violation = this.#lanes[1].handleGap(gap.n, gap.length, gap.leaf, now, options.rttMs());
    if (violation === 0) options.onUncovered(LANE_LOSSY, gap.n + 1);
    return violation;
  }

  /** The next message for the application; gives its credit back. */
  take(now: number): ReceivedMessage | undefined {
    const message = this.delivery.take();
    if (message === undefined) return undefined;
    if (message.credited) {
      this.#lanes[1].lateTaken(message.payload.length);
    } else {
      const credit = this.#options.credits[message.lane];
      credit.release(message.payload.length, 1, now, this.#options.rttMs());
    }
    this.#noteHead();
    return message;
  }

  /** The peer's OPEN is verified. */
  open(): void {
    this.delivery.open();
    this.#noteHead();
    this.announce();
  }

  verified(reliableThrough: number, lossyThrough: number): void {
    this.delivery.verified(reliableThrough, lossyThrough);
    this.#noteHead();
    this.announce();
  }

  /** Says `readable` once when messages have become ready. */
  announce(): void {
    const hasReady = this.delivery.readyCount > 0;
    if (hasReady && !this.#hadReady) this.#options.events.push({ type: 'readable' });
    this.#hadReady = hasReady;
  }

  /** The application has taken all there was: the next message is announced again. */
  drained(): void {
    this.#hadReady = this.delivery.readyCount > 0;
  }

  creditWanted(lane: number): void {
    this.#options.onCreditWanted(lane);
  }

  get deadline(): number {
    return this.#lanes[1].deadline;
  }

  expire(now: number): void {
    this.#lanes[1].expire(now);
  }

  takeWanted(): number[] | undefined {
    return this.#lanes[1].takeWanted();
  }

  clear(): void {
    for (const lane of this.#lanes) lane.clear();
  }

  /** Drops the oldest lossy message that is not whole. @returns whether there was one */
  dropOldest(): boolean {
    return this.#lanes[1].dropOldest();
  }

  /** For a time of rest: gives back what only messages under way need. */
  rest(): void {
    for (const lane of this.#lanes) lane.rest();
  }

  /** A message of either lane is whole and its turn has come. */
  onMessage(message: ReceivedMessage): void {
    const { counters, log, direction, leaves } = this.#options;
    const { lane, kind, n, payload, leaf } = message;
    if (this.#options.isBeyondFinal(lane, n)) {
      this.#isBeyondFinal = true;
      return;
    }
    counters.messagesReceived++;
    if (message.inPieces) counters.fragmentedReceived++;
    if (log !== undefined) {
      log.message(direction, lane, kind, n, payload, leaves[lane].salt(n), leaf);
    }
    this.delivery.add(message);
    // Not the base of lane L: a message of which pieces are here cannot be covered yet.
    this.#options.onUncovered(lane, n + 1);
    this.announce();
  }

  /** A lossy message that is handed over where it lies. */
  onPacket(n: number, data: Uint8Array, leaf: Uint8Array, credited: boolean): void {
    const options = this.#options;
    if (options.isBeyondFinal(LANE_LOSSY, n)) {
      this.#isBeyondFinal = true;
      return;
    }
    options.counters.messagesReceived++;
    if (options.log !== undefined) {
      const salt = options.leaves[LANE_LOSSY].salt(n);
      options.log.message(options.direction, LANE_LOSSY, 0, n, data, salt, leaf);
    }
    if (credited) this.#lanes[1].lateTaken(data.length);
    else options.credits[LANE_LOSSY].release(data.length, 1, options.now(), options.rttMs());
    options.onUncovered(LANE_LOSSY, n + 1);
    if (!this.delivery.isOpen) {
      options.drops.add('before-open');
      return;
    }
    this.#packetsThrough = Math.max(this.#packetsThrough, n + 1);
    options.port?.read(data, options.now());
  }

  /** A lossy message will not come. */
  onGap(n: number, length: number, leaf: Uint8Array): void {
    this.#options.log?.gap({
      direction: this.#options.direction,
      lane: LANE_LOSSY,
      n,
      length,
      leaf,
    });
    this.#options.events.push({ type: 'gap', n, length, leaf: leaf.slice() });
  }

  /** Whether messages of a lane were handed over, or wait, that no verified statement covers. */
  hasUnverified(lane: Lane, verifiedThrough: number): boolean {
    if (this.delivery.unverifiedCount(lane) > 0) return true;
    return lane === LANE_LOSSY && this.#packetsThrough > verifiedThrough;
  }

  /** After {@link rest}: whether no message is under way, and none waits. */
  get isIdle(): boolean {
    const { delivery } = this;
    if (!delivery.isEmpty || !this.#lanes.every((lane) => lane.isIdle)) return false;
    return delivery.unverifiedCount(0) === 0 && delivery.unverifiedCount(1) === 0;
  }

  /** While it is idle: hands the state over to a record, or takes it from one. */
  carry(state: StateCarrier): void {
    this.delivery.carry(state);
    for (const lane of this.#lanes) lane.carry(state);
    for (const credit of this.#options.credits) credit.carry(state);
    this.#hadReady = state.flag(this.#hadReady);
    this.#isBeyondFinal = state.flag(this.#isBeyondFinal);
    this.#packetsThrough = state.number(this.#packetsThrough);
  }

  /** A message larger than the window gets credit as it comes, when nothing else waits (SPEC 6.4). */
  #noteHead(): void {
    const isEmpty = this.delivery.isEmpty;
    this.#options.credits[0].setHead(isEmpty ? this.#lanes[0].headBytes : 0);
    this.#options.credits[1].setHead(isEmpty ? this.#lanes[1].headBytes : 0);
  }
}

/** What a lane is made of, for the two lanes of one connection. */
class LaneHost implements ReceiveLaneOptions {
  readonly lane: Lane;
  readonly #lanes: IncomingLanes;
  readonly #options: IncomingLanesOptions;

  constructor(lane: Lane, lanes: IncomingLanes, options: IncomingLanesOptions) {
    this.lane = lane;
    this.#lanes = lanes;
    this.#options = options;
  }

  get chain(): ReceiveChain {
    return this.#options.chains[this.lane];
  }

  get leaves(): LaneLeaves {
    return this.#options.leaves[this.lane];
  }

  get credit(): ReceiveCredit {
    return this.#options.credits[this.lane];
  }

  get memory(): MemoryBudget {
    return this.#options.memory;
  }

  get maxMessageBytes(): number {
    return this.#options.maxMessageBytes;
  }

  dropOldest(): boolean {
    return this.#lanes.dropOldest();
  }

  onMessage(message: ReceivedMessage): void {
    this.#lanes.onMessage(message);
  }

  get takesPackets(): boolean {
    return this.lane === LANE_LOSSY && this.#options.port !== undefined;
  }

  onPacket(n: number, data: Uint8Array, leaf: Uint8Array, credited: boolean): void {
    this.#lanes.onPacket(n, data, leaf, credited);
  }

  onDuplicate(): void {
    this.#options.drops.add('duplicate-message');
  }

  onGap(n: number, length: number, leaf: Uint8Array): void {
    this.#lanes.onGap(n, length, leaf);
  }
}
