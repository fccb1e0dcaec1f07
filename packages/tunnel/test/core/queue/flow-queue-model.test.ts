import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowQueue } from '../../../src/core/queue/flow-queue.js';
import { FrameSource, HEADER_BYTES, takeNext } from './frames.js';

const FLOWS = 8;
const QUANTUM_BYTES = 1_600;
const SEGMENT_BYTES = 1_000;

interface NaiveFlow {
  readonly index: number;
  /** Frames, as the sizes of their packets. */
  readonly frames: number[][];
  deficit: number;
}

/** The same turns in plain lists, without age and limits. */
class NaiveQueue {
  readonly #flows = Array.from(
    { length: FLOWS },
    (_, index): NaiveFlow => ({ index, frames: [], deficit: 0 }),
  );
  #new: NaiveFlow[] = [];
  #old: NaiveFlow[] = [];

  enqueue(index: number, sizes: readonly number[]): void {
    const flow = this.#flows[index]!;
    flow.frames.push([...sizes]);
    if (this.#new.includes(flow) || this.#old.includes(flow)) return;
    flow.deficit = QUANTUM_BYTES;
    this.#new.push(flow);
  }

  take(): { readonly flow: number; readonly bytes: number } | undefined {
    if (this.frames === 0) return undefined;
    for (;;) {
      const isNew = this.#new.length > 0;
      const flow = isNew ? this.#new[0]! : this.#old[0]!;
      if (flow.deficit > 0 && flow.frames.length > 0) return this.#takeFrom(flow);
      if (isNew) this.#new = this.#new.slice(1);
      else this.#old = this.#old.slice(1);
      if (flow.deficit <= 0) {
        flow.deficit += QUANTUM_BYTES;
        this.#old.push(flow);
      } else if (isNew && this.#old.length > 0) {
        this.#old.push(flow);
      }
    }
  }

  get frames(): number {
    return this.#flows.reduce((sum, { frames }) => sum + frames.length, 0);
  }

  get bytes(): number {
    return this.#flows.reduce(
      (sum, { frames }) => sum + frames.flat().reduce((a, b) => a + b, 0),
      0,
    );
  }

  #takeFrom(flow: NaiveFlow) {
    const bytes = flow.frames[0]!.shift()!;
    if (flow.frames[0]!.length === 0) flow.frames.shift();
    flow.deficit -= bytes;
    return { flow: flow.index, bytes };
  }
}

function segmentsOf(payloadBytes: number): number[] {
  const sizes: number[] = [];
  for (let left = payloadBytes; left > 0; left -= SEGMENT_BYTES) {
    sizes.push(HEADER_BYTES + Math.min(left, SEGMENT_BYTES));
  }
  return sizes;
}

const operation = fc.oneof(
  fc.record({
    kind: fc.constant('packet' as const),
    flow: fc.nat(FLOWS - 1),
    bytes: fc.integer({ min: 20, max: 3_000 }),
  }),
  fc.record({
    kind: fc.constant('super' as const),
    flow: fc.nat(FLOWS - 1),
    bytes: fc.integer({ min: 1, max: 6_000 }),
  }),
  fc.record({ kind: fc.constant('take' as const), packets: fc.integer({ min: 1, max: 8 }) }),
);

describe('turns', () => {
  it('are those of a naive queue, packet by packet', () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 120 }), (operations) => {
        const source = new FrameSource();
        const queue = new FlowQueue({ flows: FLOWS, quantumBytes: QUANTUM_BYTES });
        const naive = new NaiveQueue();
        for (const step of operations) {
          if (step.kind === 'packet') {
            queue.enqueue(source.packet(step.flow, step.bytes), 0);
            naive.enqueue(step.flow, [step.bytes]);
          } else if (step.kind === 'super') {
            queue.enqueue(source.superPacket(step.flow, step.bytes, SEGMENT_BYTES), 0);
            naive.enqueue(step.flow, segmentsOf(step.bytes));
          } else {
            for (let i = 0; i < step.packets; i++) {
              const taken = takeNext(queue, 0);
              expect(taken && { flow: taken.flow, bytes: taken.bytes }).toEqual(naive.take());
            }
          }
          expect([queue.bytes, queue.frames]).toEqual([naive.bytes, naive.frames]);
        }
        expect(source.outstanding).toBe(queue.frames);
      }),
      { numRuns: 300 },
    );
  });
});

describe('a million operations', () => {
  it('lose no byte and no frame out of sight', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ flows: 32, maxBytes: 60_000, maxFrames: 60 });
    const { counters } = queue;
    let seed = 20_261_123;
    const random = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    let [now, entered, left, wrong] = [0, 0, 0, 0];
    for (let i = 0; i < 1_000_000; i++) {
      now += random(4) / 4;
      const kind = random(100);
      if (kind < 40) {
        const frame =
          kind < 4
            ? source.superPacket(random(64), 1 + random(9_000), SEGMENT_BYTES)
            : source.packet(random(64), 20 + random(1_480));
        entered += frame.bytesLeft;
        queue.enqueue(frame, now);
      } else if (kind < 98) {
        left += takeNext(queue, now)?.bytes ?? 0;
      } else if (kind === 98) {
        now += random(400);
      } else if (random(50) === 0) {
        left += queue.bytes;
        queue.clear();
      }
      const gone = left + counters.agedBytes + counters.overflowedBytes;
      if (queue.bytes !== entered - gone || queue.frames !== source.outstanding) wrong++;
    }
    expect(wrong).toBe(0);
    expect(Math.min(counters.aged, counters.overflowed)).toBeGreaterThan(1_000);
    queue.clear();
    expect([queue.frames, source.outstanding, source.releasedTwice]).toEqual([0, 0, 0]);
  });
});
