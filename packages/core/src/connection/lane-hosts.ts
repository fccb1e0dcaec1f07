import type { ReceiveChain, SendChain } from '../chain/lane-chain.js';
import type { LaneLeaves } from '../chain/lane-leaves.js';
import type { SessionLogWriter } from '../chain/session-log/log-writer.js';
import type { Fifo } from '../fifo.js';
import type { ReceiveCredit } from '../message/credit.js';
import { MemoryBudget, type MemoryUser } from '../message/memory-budget.js';
import type { Direction, Lane } from '../message/reliability.js';
import type { ConnectionEvent } from './connection-event.js';
import type { ConnectionCounters } from './connection-options.js';
import type { ConnectionParts } from './connection-parts.js';
import type { ControlSender } from './control-stream.js';
import type { DropCounters } from './drop-reason.js';
import type { IncomingLanesOptions } from './incoming-lanes.js';
import type { OutgoingLanesOptions } from './outgoing-lanes.js';
import type { PacketPort } from './packet-port.js';
import type { PerLane } from './session-chains.js';

/** Memory for messages of one peer that are not whole (SPEC 10). */
const PEER_MEMORY_BYTES = 24 * 1024 * 1024;

/** What the outgoing lanes find in their connection. A class, so that a session costs no closures. */
export class OutgoingHost implements OutgoingLanesOptions {
  readonly #parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  get direction(): Direction {
    return this.#parts.chains.sending;
  }

  get leaves(): PerLane<LaneLeaves> {
    return this.#parts.chains.leavesOut;
  }

  get chains(): PerLane<SendChain> {
    return this.#parts.chains.own;
  }

  get control(): ControlSender {
    return this.#parts.control;
  }

  get events(): Fifo<ConnectionEvent> {
    return this.#parts.events;
  }

  get counters(): ConnectionCounters {
    return this.#parts.counters;
  }

  get log(): SessionLogWriter | undefined {
    return this.#parts.log;
  }

  get creditBytes(): PerLane<number> {
    const { peerParams } = this.#parts.options.handshake;
    return [peerParams.initialCreditReliableBytes, peerParams.initialCreditLossyBytes];
  }

  get creditMessages(): number {
    return this.#parts.options.handshake.peerParams.initialCreditMessages;
  }

  get sendBufferBytes(): number {
    return this.#parts.options.config.sendBufferBytes;
  }

  sendControl(type: number, body: Uint8Array): void {
    this.#parts.sendControl(type, body);
  }

  mayNumber(): boolean {
    return this.#parts.checkpoints.writer.mayNumberMore();
  }

  onLeaf(lane: Lane): void {
    this.#parts.checkpoints.noteLeaf(lane, this.#parts.now);
  }
}

/** What the incoming lanes find in their connection. */
export class IncomingHost implements IncomingLanesOptions, MemoryUser {
  readonly credits: PerLane<ReceiveCredit>;
  readonly memory: MemoryBudget;
  readonly #parts: ConnectionParts;

  constructor(parts: ConnectionParts, credits: PerLane<ReceiveCredit>) {
    this.#parts = parts;
    this.credits = credits;
    this.memory = new MemoryBudget(PEER_MEMORY_BYTES, parts.options.memory, this);
  }

  get direction(): Direction {
    return this.#parts.chains.receiving;
  }

  get leaves(): PerLane<LaneLeaves> {
    return this.#parts.chains.leavesIn;
  }

  get chains(): PerLane<ReceiveChain> {
    return this.#parts.chains.peer;
  }

  get maxMessageBytes(): number {
    return this.#parts.options.localParams.maxMessageBytes;
  }

  get signed(): boolean {
    return this.#parts.options.config.delivery === 'signed';
  }

  get events(): Fifo<ConnectionEvent> {
    return this.#parts.events;
  }

  get drops(): DropCounters {
    return this.#parts.drops;
  }

  get counters(): ConnectionCounters {
    return this.#parts.counters;
  }

  get log(): SessionLogWriter | undefined {
    return this.#parts.log;
  }

  get port(): PacketPort | undefined {
    return this.#parts.packets?.port;
  }

  now(): number {
    return this.#parts.now;
  }

  rttMs(): number {
    return this.#parts.paths.active.rtt.smoothed;
  }

  onUncovered(lane: Lane, through: number): void {
    this.#parts.checkpoints.noteUncovered(lane, through);
  }

  onCreditWanted(lane: number): void {
    this.#parts.signals.forceCredit(lane);
  }

  isBeyondFinal(lane: Lane, n: number): boolean {
    return this.#parts.checkpoints.reader.isBeyondFinal(lane, n);
  }

  shedMemory(): void {
    this.#parts.shedMemory();
  }
}
