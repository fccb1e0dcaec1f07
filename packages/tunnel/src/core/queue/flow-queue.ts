import { VCLError } from '@vcl-protocol/core';
import type { QueuedFrame } from '../offload/queued-frame.js';
import type { PacketQueue } from '../port/packet-queue.js';
import { Flow, FlowList } from './flow-list.js';
import { type FrameHolder, FrameMemory, isLarge } from './frame-memory.js';

/** Settings of {@link FlowQueue}. */
export interface FlowQueueOptions {
  /** Queues that flows are spread over, a power of two up to 65,536. Default 256. */
  readonly flows?: number;
  /** Bytes that a flow may send in its turn. Default 16 packets of 1,420 bytes: neighbours are joined again at the far end. */
  readonly quantumBytes?: number;
  /** Bytes that may wait. Default 4 MiB. */
  readonly maxBytes?: number;
  /** Frames that may wait. Default 1,536. */
  readonly maxFrames?: number;
  /** What it shares with others. Default: memory that is its own. */
  readonly memory?: FrameMemory;
}

/** What a queue gave up, and how long it made the others wait. */
export interface FlowQueueCounters {
  /** Packets that had waited for too long (CoDel), or for a second. */
  aged: number;
  agedBytes: number;
  /** Packets for which there was no room. */
  overflowed: number;
  overflowedBytes: number;
  /** The longest wait of a packet that came to its turn, ms. */
  longestWaitMs: number;
}

/**
 * After so long a packet is of no use to anybody, ms: its sender has sent it again. What waits behind
 * a sleep, or a carrier that takes nothing, is not sent when its turn comes.
 */
const STALE_MS = 1_000;

const DEFAULT_FLOWS = 256;
const MAX_FLOWS = 65_536;
const DEFAULT_QUANTUM_BYTES = 16 * 1_420;
const DEFAULT_MAX_BYTES = 4 * 1024 * 1024;
const DEFAULT_MAX_FRAMES = 1_536;
/** A backlog of so much is none (RFC 8289 4.4). */
const MTU_BYTES = 1_500;

/** What there can be too much of, as a flow counts it. */
type Measure = 'bytes' | 'large' | 'small';

/**
 * What waits before a carrier (rule D3): flows take turns, one that sends little goes first, and a
 * packet that has waited for too long is dropped before anything was spent on it (RFC 8290).
 */
export class FlowQueue implements PacketQueue, FrameHolder {
  readonly counters: FlowQueueCounters = {
    aged: 0,
    agedBytes: 0,
    overflowed: 0,
    overflowedBytes: 0,
    longestWaitMs: 0,
  };
  readonly #flows: (Flow | undefined)[];
  readonly #mask: number;
  readonly #quantumBytes: number;
  readonly #maxBytes: number;
  readonly #maxFrames: number;
  readonly #memory: FrameMemory;
  /** Frames that wait, by the memory that they take. */
  #large = 0;
  #small = 0;
  /** Whether {@link FrameMemory} knows that it holds something. */
  #isHolder = false;
  /** Flows that have just begun, and those that have had their turn. */
  readonly #new = new FlowList();
  readonly #old = new FlowList();
  /** Whose head was given out last. */
  #current: Flow | undefined;
  #bytes = 0;
  #frames = 0;

  /** @throws VCLError `InvalidConfig` that names the option */
  constructor(options: FlowQueueOptions = {}) {
    const flows = options.flows ?? DEFAULT_FLOWS;
    const isPower = Number.isInteger(flows) && flows > 0 && (flows & (flows - 1)) === 0;
    if (!isPower || flows > MAX_FLOWS) {
      throw new VCLError(
        'InvalidConfig',
        `flows must be a power of two up to ${MAX_FLOWS}: got ${flows}`,
      );
    }
    this.#flows = new Array<Flow | undefined>(flows).fill(undefined);
    this.#mask = flows - 1;
    this.#quantumBytes = positive('quantumBytes', options.quantumBytes, DEFAULT_QUANTUM_BYTES);
    this.#maxBytes = positive('maxBytes', options.maxBytes, DEFAULT_MAX_BYTES);
    this.#maxFrames = positive('maxFrames', options.maxFrames, DEFAULT_MAX_FRAMES);
    this.#memory =
      options.memory ?? new FrameMemory(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY);
  }

  /** Bytes of packets that wait. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Frames that wait, each of one packet or more. */
  get frames(): number {
    return this.#frames;
  }

  /**
   * The frame is the queue's from here on; when there is no room, a packet of the longest flow goes.
   * All who share the memory give up what waits in vain, as nobody may ever ask for their heads.
   */
  enqueue(frame: QueuedFrame, now: number): void {
    if (frame.nextBytes === 0) {
      frame.release();
      return;
    }
    this.#memory.sweep(now);
    frame.queuedAt = now;
    const index = frame.flowHash & this.#mask;
    this.#flows[index] ??= new Flow();
    const flow = this.#flows[index];
    flow.push(frame);
    this.#bytes += frame.bytesLeft;
    this.#frames++;
    this.#hold(flow, frame, 1);
    if (!this.#isHolder) {
      this.#isHolder = true;
      this.#memory.join(this);
    }
    if (!flow.isListed) {
      flow.deficit = this.#quantumBytes;
      this.#new.push(flow);
    }
    for (let over = this.#excess; over !== undefined; over = this.#excess) this.#dropFattest(over);
  }

  /** What there is too much of, if anything. */
  get #excess(): Measure | undefined {
    if (this.#bytes > this.#maxBytes || this.#frames > this.#maxFrames) return 'bytes';
    if (this.#large > this.#memory.freeLarge) return 'large';
    return this.#small > this.#memory.freeSmall ? 'small' : undefined;
  }

  /** @param frames that are held more, or less if it is negative: 1 or -1 */
  #hold(flow: Flow, frame: QueuedFrame, frames: number): void {
    if (isLarge(frame.heldBytes)) {
      flow.large += frames;
      this.#large += frames;
      this.#memory.freeLarge -= frames;
    } else {
      flow.small += frames;
      this.#small += frames;
      this.#memory.freeSmall -= frames;
    }
  }

  /** Whose next packet is to be sent, after what waited for too long was dropped. */
  head(now: number): QueuedFrame | undefined {
    if (this.#frames === 0) return undefined;
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

  /** A packet was taken out of the last {@link head}, or given up: `bytes` are counted for its turn. */
  sent(bytes: number): void {
    const flow = this.#current;
    if (flow?.first === undefined) return;
    flow.deficit -= bytes;
    this.#settle(flow);
  }

  dropStale(now: number): boolean {
    this.#dropStaleOf(this.#new, now);
    this.#dropStaleOf(this.#old, now);
    this.#isHolder = this.#frames > 0;
    return this.#isHolder;
  }

  /** Gives up all that waits. */
  clear(): void {
    for (const list of [this.#new, this.#old]) {
      for (let flow = list.first; flow !== undefined; flow = list.first) {
        while (flow.first !== undefined) this.#release(flow);
        flow.codel.onEmpty();
        list.shift();
      }
    }
    this.#bytes = 0;
    this.#current = undefined;
  }

  /** The head of a flow, behind all packets that have waited for too long. */
  #aged(flow: Flow, now: number): QueuedFrame | undefined {
    const { codel } = flow;
    for (let frame = flow.first; frame !== undefined; frame = flow.first) {
      const waitedMs = now - frame.queuedAt;
      // The last packet of a flow is kept, however long it is (RFC 8289 4.4).
      const mtuBytes = Math.max(MTU_BYTES, frame.nextBytes);
      if (!codel.shouldDrop(waitedMs, flow.bytes, mtuBytes, now) && waitedMs <= STALE_MS) {
        if (waitedMs > this.counters.longestWaitMs) this.counters.longestWaitMs = waitedMs;
        return frame;
      }
      this.#dropAged(flow);
    }
    codel.onEmpty();
    return undefined;
  }

  #dropStaleOf(flows: FlowList, now: number): void {
    for (let flow = flows.first; flow !== undefined; flow = flow.next) {
      while (flow.first !== undefined && now - flow.first.queuedAt > STALE_MS) this.#dropAged(flow);
      if (flow.first === undefined) flow.codel.onEmpty();
    }
  }

  #dropAged(flow: Flow): void {
    this.counters.aged++;
    this.counters.agedBytes += this.#dropHead(flow);
  }

  /** @returns the bytes of the packet */
  #dropHead(flow: Flow): number {
    flow.first!.dropNext();
    return this.#settle(flow);
  }

  /** Something is out of the head of a flow. @returns how many bytes */
  #settle(flow: Flow): number {
    const gone = flow.settle();
    this.#bytes -= gone;
    if (flow.first!.nextBytes === 0) this.#release(flow);
    return gone;
  }

  #release(flow: Flow): void {
    const frame = flow.shift();
    this.#frames--;
    this.#hold(flow, frame, -1);
    frame.release();
  }

  #dropFattest(measure: Measure): void {
    let fattest: Flow | undefined;
    for (const flow of this.#flows) {
      if (flow !== undefined && flow[measure] > (fattest?.[measure] ?? 0)) fattest = flow;
    }
    if (fattest === undefined) return;
    // Half of it at once, as looking for it is dear; at least a frame, as those are limited too.
    const until = fattest[measure] / 2;
    const wasFrames = this.#frames;
    while (fattest[measure] > until || this.#frames === wasFrames) {
      this.counters.overflowed++;
      this.counters.overflowedBytes += this.#dropHead(fattest);
    }
    if (fattest.first === undefined) fattest.codel.onEmpty();
  }
}

function positive(name: string, value: number | undefined, fallback: number): number {
  if (value === undefined) return fallback;
  if (Number.isInteger(value) && value > 0) return value;
  throw new VCLError('InvalidConfig', `${name} must be a whole number above 0: got ${value}`);
}
