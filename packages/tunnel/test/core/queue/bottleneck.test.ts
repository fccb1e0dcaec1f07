import { describe, expect, it } from 'vitest';
import { CODEL_INTERVAL_MS, CODEL_TARGET_MS } from '../../../src/core/queue/codel.js';
import { FlowQueue } from '../../../src/core/queue/flow-queue.js';
import { FrameSource, takeNext } from './frames.js';

const PACKET_BYTES = 1_420;
/** 100 Mbit/s: a packet in 0.11 ms. */
const RATE_BYTES_PER_MS = 12_500;
const STEP_MS = 0.1;
/** The flow of a voice call: 200 bytes each 20 ms. */
const CALL = 100;

/** A sender like TCP: a packet more under way by each round trip, half of them after a loss. */
class Sender {
  delivered = 0;
  inFlight = 0;
  #window = 10;
  #recoverUntil = 0;

  get canSend(): boolean {
    return this.inFlight < Math.floor(this.#window);
  }

  onAck(): void {
    this.inFlight--;
    this.delivered++;
    this.#window += 1 / this.#window;
  }

  onLoss(now: number, rttMs: number): void {
    this.inFlight--;
    if (now < this.#recoverUntil) return;
    this.#window = Math.max(2, this.#window / 2);
    this.#recoverUntil = now + rttMs;
  }
}

/** Senders and a call before a link of a fixed rate, in virtual time. */
class Bottleneck {
  readonly queue = new FlowQueue({ quantumBytes: PACKET_BYTES });
  readonly senders: readonly Sender[];
  readonly callWaits: number[] = [];
  readonly waits: number[] = [];
  readonly #rttMs: number;
  readonly #source = new FrameSource((flow) => {
    if (this.#isAsking) this.senders[flow]?.onLoss(this.#now, this.#rttMs);
  });
  readonly #acks: { readonly at: number; readonly sender: Sender }[] = [];
  #isAsking = false;
  #now = 0;
  #nextCall = 0;
  #budgetBytes = 0;

  constructor(senders: number, rttMs: number) {
    this.senders = Array.from({ length: senders }, () => new Sender());
    this.#rttMs = rttMs;
  }

  run(ms: number): void {
    const until = this.#now + ms;
    for (; this.#now < until; this.#now += STEP_MS) {
      for (let ack = this.#acks[0]; ack !== undefined && ack.at <= this.#now; ack = this.#acks[0]) {
        this.#acks.shift();
        ack.sender.onAck();
      }
      this.#fill();
      this.#drain();
    }
  }

  #fill(): void {
    for (const [flow, sender] of this.senders.entries()) {
      for (; sender.canSend; sender.inFlight++) {
        this.queue.enqueue(this.#source.packet(flow, PACKET_BYTES), this.#now);
      }
    }
    if (this.#now < this.#nextCall) return;
    this.#nextCall += 20;
    this.queue.enqueue(this.#source.packet(CALL, 200), this.#now);
  }

  #drain(): void {
    const stepBytes = RATE_BYTES_PER_MS * STEP_MS;
    this.#budgetBytes = Math.min(this.#budgetBytes + stepBytes, stepBytes);
    while (this.#budgetBytes > 0) {
      // Only what vanishes while the queue is asked was dropped by it.
      this.#isAsking = true;
      const head = this.queue.head(this.#now);
      this.#isAsking = false;
      const next = head && takeNext(this.queue, this.#now);
      if (next === undefined) return;
      this.#budgetBytes -= next.bytes;
      (next.flow === CALL ? this.callWaits : this.waits).push(next.waitedMs);
      const sender = this.senders[next.flow];
      if (sender !== undefined) this.#acks.push({ at: this.#now + this.#rttMs, sender });
    }
  }
}

function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}

describe('two greedy flows and a call before a bottleneck', () => {
  const link = new Bottleneck(2, 20);
  link.run(4_000);
  const [early1, early2] = link.senders.map(({ delivered }) => delivered);
  link.waits.length = 0;
  link.run(8_000);

  it('share it evenly', () => {
    const [one, two] = link.senders.map(({ delivered }) => delivered);
    const share = (one! - early1!) / (one! - early1! + two! - early2!);
    expect(share).toBeGreaterThan(0.45);
    expect(share).toBeLessThan(0.55);
  });

  it('use as much of it as halved windows can', () => {
    const delivered = link.senders.reduce((sum, sender) => sum + sender.delivered, 0);
    const possible = (12_000 * RATE_BYTES_PER_MS) / PACKET_BYTES;
    expect(delivered / possible).toBeGreaterThan(0.8);
  });

  it('do not make the call wait', () => {
    expect(link.callWaits.length).toBe(600);
    expect(percentile(link.callWaits, 1)).toBeLessThan(1);
  });

  it('stand in no queue that lasts: about the target', () => {
    expect(link.queue.counters.aged).toBeGreaterThan(10);
    expect(percentile(link.waits, 0.5)).toBeLessThan(1.5 * CODEL_TARGET_MS);
    expect(percentile(link.waits, 0.99)).toBeLessThan(4 * CODEL_TARGET_MS);
  });
});

describe('ten greedy flows', () => {
  it('are each within a tenth of their share', () => {
    const link = new Bottleneck(10, 20);
    link.run(2_000);
    const before = link.senders.map(({ delivered }) => delivered);
    link.run(4_000);
    const shares = link.senders.map(({ delivered }, i) => delivered - before[i]!);
    const even = shares.reduce((a, b) => a + b) / shares.length;
    for (const share of shares) expect(Math.abs(share / even - 1)).toBeLessThan(0.1);
    expect(percentile(link.callWaits, 1)).toBeLessThan(1.5);
  });
});

describe('a flow that does not listen', () => {
  it('waits no longer than the queue is long, drops more and more, and leaves the call alone', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ maxBytes: 1_000_000 });
    const callWaits: number[] = [];
    let [budget, early] = [0, 0];
    for (let now = 0; now < 3_000; now++) {
      for (let i = 0; i < 18; i++) queue.enqueue(source.packet(1, PACKET_BYTES), now);
      if (now % 20 === 0) queue.enqueue(source.packet(CALL, 200), now);
      budget = Math.min(budget + RATE_BYTES_PER_MS, RATE_BYTES_PER_MS);
      while (budget > 0) {
        const next = takeNext(queue, now)!;
        budget -= next.bytes;
        if (next.flow === CALL) callWaits.push(next.waitedMs);
      }
      if (now === 1_000) early = queue.counters.aged;
      expect(queue.bytes).toBeLessThanOrEqual(1_000_000);
    }
    expect(queue.counters.longestWaitMs).toBeLessThanOrEqual(1_000_000 / RATE_BYTES_PER_MS + 1);
    expect(queue.counters.aged - early).toBeGreaterThan(2 * early);
    // A turn of the other flow, and the step of time.
    expect(Math.max(...callWaits)).toBeLessThan(3);
  });
});

describe('a burst of one interval', () => {
  it('is not touched', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    const packets = Math.floor((CODEL_INTERVAL_MS * RATE_BYTES_PER_MS) / PACKET_BYTES) - 10;
    for (let i = 0; i < packets; i++) queue.enqueue(source.packet(1, PACKET_BYTES), 0);
    let taken = 0;
    for (let at = 0; queue.frames > 0; at += PACKET_BYTES / RATE_BYTES_PER_MS) {
      if (takeNext(queue, at) !== undefined) taken++;
    }
    expect(taken).toBe(packets);
  });
});
