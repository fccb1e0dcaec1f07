import type { QueuedFrame } from '../offload/queued-frame.js';
import type { PacketQueue } from '../port/packet-queue.js';
import { CodelState } from './codel.js';

/** Settings of {@link FlowQueue}. */
export interface FlowQueueOptions {
  /** Queues that flows are spread over, a power of two. Default 256. */
  readonly flows?: number;
  /** Bytes that a flow may send in its turn. Default 16 packets of 1,420 bytes: neighbours are joined again at the far end. */
  readonly quantumBytes?: number;
  /** Bytes that may wait. Default 4 MiB. */
  readonly maxBytes?: number;
  /** Frames that may wait. Default 1,536. */
  readonly maxFrames?: number;
}

/** What a queue gave up. */
export interface FlowQueueCounters {
  /** Packets that had waited for too long (CoDel). */
  aged: number;
  /** Packets for which there was no room. */
  overflowed: number;
}

const DEFAULT_FLOWS = 256;
const DEFAULT_QUANTUM_BYTES = 16 * 1_420;
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const DEFAULT_MAX_FRAMES = 1_536;
/** A backlog of so much is none (RFC 8289 4.4). */
const MTU_BYTES = 1_500;

/**
 * What waits before a carrier (rule D3): flows take turns, one that sends little goes first, and a
 * packet that has waited for too long is dropped before anything was spent on it (RFC 8290).
 */
export class FlowQueue implements PacketQueue {
  readonly counters: FlowQueueCounters = { aged: 0, overflowed: 0 };
  readonly #flows: (Flow | undefined)[];
  readonly #mask: number;
  readonly #quantumBytes: number;
  readonly #maxBytes: number;
  readonly #maxFrames: number;
  /** Flows that have just begun, and those that have had their turn. */
  readonly #new = new FlowList();
  readonly #old = new FlowList();
  /** Whose head was given out last. */
  #current: Flow | undefined;
  #bytes = 0;
  #frames = 0;

  constructor(options: FlowQueueOptions = {}) {
    const flows = options.flows ?? DEFAULT_FLOWS;
    this.#flows = new Array<Flow | undefined>(flows).fill(undefined);
    this.#mask = flows - 1;
    this.#quantumBytes = options.quantumBytes ?? DEFAULT_QUANTUM_BYTES;
    this.#maxBytes = options.maxBytes ?? DEFAULT_MAX_BYTES;
    this.#maxFrames = options.maxFrames ?? DEFAULT_MAX_FRAMES;
  }

  /** Bytes of packets that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames that wait, each of one packet or more. */
  get frames(): number {
    return this.#frames;
  }

  enqueue(frame: QueuedFrame, now: number): void {
    frame.queuedAt = now;
    const index = frame.flowHash & this.#mask;
    this.#flows[index] ??= new Flow();
    const flow = this.#flows[index];
    flow.push(frame);
    this.#bytes += frame.bytesLeft;
    this.#frames++;
    if (!flow.isListed) {
      flow.deficit = this.#quantumBytes;
      this.#new.push(flow);
    }
    while (this.#bytes > this.#maxBytes || this.#frames > this.#maxFrames) this.#dropFattest();
  }

  head(now: number): QueuedFrame | undefined {
    if (this.#bytes === 0) return undefined;
    for (;;) {
      const list = this.#new.first === undefined ? this.#old : this.#new;
      const flow = list.first;
      if (flow === undefined) return undefined;
      if (flow.deficit <= 0) {
        flow.deficit += this.#quantumBytes;
        list.shift();
        this.#old.push(flow);
        continue;
      }
      const frame = this.#aged(flow, now);
      if (frame !== undefined) {
        this.#current = flow;
        return frame;
      }
      list.shift();
      // An empty new flow waits one turn, so that it cannot go first all the time (RFC 8290 4.2).
      if (list === this.#new && this.#old.first !== undefined) this.#old.push(flow);
    }
  }

  sent(bytes: number): void {
    const flow = this.#current!;
    flow.deficit -= bytes;
    this.#settle(flow, bytes);
  }

  clear(): void {
    for (const flow of this.#flows) {
      while (flow?.first !== undefined) this.#release(flow);
    }
    this.#bytes = 0;
  }

  /** The head of a flow, behind all packets that have waited for too long. */
  #aged(flow: Flow, now: number): QueuedFrame | undefined {
    for (let frame = flow.first; frame !== undefined; frame = flow.first) {
      const waitedMs = now - frame.queuedAt;
      if (!flow.codel.shouldDrop(waitedMs, flow.bytes, MTU_BYTES, now)) return frame;
      this.counters.aged++;
      this.#dropHead(flow);
    }
    return undefined;
  }

  #dropHead(flow: Flow): void {
    const frame = flow.first!;
    const bytes = frame.nextBytes;
    frame.dropNext();
    this.#settle(flow, bytes);
  }

  /** A packet of `bytes` bytes is out of the head of a flow. */
  #settle(flow: Flow, bytes: number): void {
    flow.bytes -= bytes;
    this.#bytes -= bytes;
    if (flow.first?.nextBytes === 0) this.#release(flow);
  }

  #release(flow: Flow): void {
    const frame = flow.shift();
    this.#frames--;
    frame.release();
  }

  #dropFattest(): void {
    let fattest: Flow | undefined;
    for (const flow of this.#flows) {
      if (flow !== undefined && flow.bytes > (fattest?.bytes ?? 0)) fattest = flow;
    }
    if (fattest === undefined) return;
    // Half of it at once, as looking for it is dear.
    const until = fattest.bytes / 2;
    const wasFrames = this.#frames;
    while (fattest.bytes > until || this.#frames === wasFrames) {
      if (fattest.first === undefined) return;
      this.counters.overflowed++;
      this.#dropHead(fattest);
    }
  }
}

/** The frames of one flow, or of several that share a place. */
class Flow {
  readonly codel = new CodelState();
  first: QueuedFrame | undefined;
  bytes = 0;
  deficit = 0;
  isListed = false;
  next: Flow | undefined;
  #last: QueuedFrame | undefined;

  push(frame: QueuedFrame): void {
    frame.next = undefined;
    if (this.#last === undefined) this.first = frame;
    else this.#last.next = frame;
    this.#last = frame;
    this.bytes += frame.bytesLeft;
  }

  shift(): QueuedFrame {
    const frame = this.first!;
    this.first = frame.next;
    if (this.first === undefined) this.#last = undefined;
    this.bytes -= frame.bytesLeft;
    return frame;
  }
}

/** Flows in the order of their turns. */
class FlowList {
  first: Flow | undefined;
  #last: Flow | undefined;

  push(flow: Flow): void {
    flow.isListed = true;
    flow.next = undefined;
    if (this.#last === undefined) this.first = flow;
    else this.#last.next = flow;
    this.#last = flow;
  }

  shift(): void {
    const flow = this.first!;
    flow.isListed = false;
    this.first = flow.next;
    if (this.first === undefined) this.#last = undefined;
  }
}
