import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowQueue } from '../../../src/core/queue/flow-queue.js';
import { FrameMemory, SMALL_FRAME_BYTES } from '../../../src/core/queue/frame-memory.js';
import { FrameSource, takeNext } from './frames.js';

const LARGE = 30;
const SMALL = 100;
const LONG_BYTES = SMALL_FRAME_BYTES;
const SHORT_BYTES = 100;

/** Memory, and queues that share it. */
function shared(queues: number) {
  const memory = new FrameMemory(LARGE, SMALL);
  return {
    memory,
    source: new FrameSource(),
    queues: Array.from({ length: queues }, () => new FlowQueue({ memory })),
  };
}

describe('memory that queues share', () => {
  it.each([
    { kind: 'long', bytes: LONG_BYTES, all: LARGE },
    { kind: 'short', bytes: SHORT_BYTES, all: SMALL },
  ])('is half of its $kind frames one queue’s, and a third each of two', ({ bytes, all }) => {
    const { source, queues } = shared(2);
    const [a, b] = queues as [FlowQueue, FlowQueue];
    for (let i = 0; i < 200; i++) a.enqueue(source.packet(i, bytes), 0);
    expect(a.frames).toBe(all / 2);
    for (let i = 0; i < 200; i++) {
      b.enqueue(source.packet(i, bytes), 0);
      a.enqueue(source.packet(i, bytes), 0);
    }
    for (const queue of [a, b]) expect(Math.abs(queue.frames - all / 3)).toBeLessThanOrEqual(1);
    expect(a.counters.overflowed).toBeGreaterThan(0);
  });

  it('is that of long frames and that of short ones, neither at the cost of the other', () => {
    const { source, queues, memory } = shared(1);
    const [queue] = queues as [FlowQueue];
    // Longer than all short ones together: it is not the longest flow that pays for them.
    for (let i = 0; i < 10; i++) queue.enqueue(source.packet(1, 9_000), 0);
    for (let i = 0; i < 200; i++) queue.enqueue(source.packet(2 + i, SHORT_BYTES), 0);
    expect([memory.freeLarge, memory.freeSmall]).toEqual([LARGE - 10, SMALL / 2]);
    for (let i = 0; i < 40; i++) queue.enqueue(source.packet(210 + i, LONG_BYTES), 0);
    expect([memory.freeLarge, memory.freeSmall]).toEqual([LARGE / 2, SMALL / 2]);
  });

  it('is never all held, whoever takes nothing away, and comes back whole', () => {
    const packet = fc.record({
      queue: fc.nat(19),
      flow: fc.nat(3),
      bytes: fc.oneof(fc.integer({ min: 40, max: 400 }), fc.integer({ min: 40, max: 9_000 })),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 400 }), (packets) => {
        const { source, queues, memory } = shared(20);
        for (const { queue, flow, bytes } of packets) {
          queues[queue]!.enqueue(source.packet(flow, bytes), 0);
          expect(Math.min(memory.freeLarge, memory.freeSmall)).toBeGreaterThan(0);
        }
        while (takeNext(queues[0]!, 0) !== undefined);
        for (const queue of queues) queue.clear();
        expect([memory.freeLarge, memory.freeSmall]).toEqual([LARGE, SMALL]);
        expect(source.outstanding).toBe(0);
      }),
      { numRuns: 50 },
    );
  });
});

describe('what waits in vain', () => {
  it('is given up when a frame comes for any other queue, and not before a second', () => {
    const { source, queues } = shared(2);
    const [gone, other] = queues as [FlowQueue, FlowQueue];
    for (let i = 0; i < 10; i++) gone.enqueue(source.superPacket(i & 3, 5_000, 1_000), i);
    other.enqueue(source.packet(1, SHORT_BYTES), 1_000);
    expect(gone.frames).toBe(10);
    other.enqueue(source.packet(1, SHORT_BYTES), 1_300);
    expect([gone.frames, gone.bytes, source.outstanding]).toEqual([0, 0, 2]);
    expect(gone.counters).toMatchObject({ aged: 50, overflowed: 0 });
  });

  it('is given up by a queue that shares nothing, too', () => {
    const [queue, source] = [new FlowQueue(), new FrameSource()];
    queue.enqueue(source.packet(1, SHORT_BYTES), 0);
    queue.enqueue(source.packet(1, SHORT_BYTES), 900);
    queue.enqueue(source.packet(2, SHORT_BYTES), 1_500);
    expect([queue.frames, queue.counters.aged]).toEqual([2, 1]);
    expect([takeNext(queue, 1_500)?.waitedMs, takeNext(queue, 1_500)?.waitedMs]).toEqual([600, 0]);
  });

  it('is looked for again in a queue that was empty for a while', () => {
    const { source, queues } = shared(2);
    const [gone, other] = queues as [FlowQueue, FlowQueue];
    for (let now = 0; now < 10_000; now += 2_000) {
      gone.enqueue(source.packet(1, LONG_BYTES), now);
      other.enqueue(source.packet(1, SHORT_BYTES), now + 500);
      expect(gone.frames).toBe(1);
      other.enqueue(source.packet(1, SHORT_BYTES), now + 1_500);
      expect(gone.frames).toBe(0);
      other.clear();
    }
  });
});
