import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FlowQueue } from '../../../src/core/queue/flow-queue.js';
import { FrameMemory } from '../../../src/core/queue/frame-memory.js';
import { FrameSource, takeNext } from './frames.js';

const ALL_BYTES = 100_000;

describe('memory that queues share', () => {
  it('is half of it one queue’s, and a third of it each of two', () => {
    const [memory, source] = [new FrameMemory(ALL_BYTES), new FrameSource()];
    const [a, b] = [new FlowQueue({ memory }), new FlowQueue({ memory })];
    for (let i = 0; i < 200; i++) a.enqueue(source.packet(i, 990), 0);
    expect(ALL_BYTES - memory.free).toBeGreaterThan(45_000);
    expect(ALL_BYTES - memory.free).toBeLessThanOrEqual(50_000);
    for (let i = 0; i < 200; i++) {
      b.enqueue(source.packet(i, 990), 0);
      a.enqueue(source.packet(i, 990), 0);
    }
    for (const queue of [a, b]) {
      expect(queue.bytes).toBeGreaterThan(28_000);
      expect(queue.bytes).toBeLessThan(36_000);
    }
    expect(a.counters.overflowed).toBeGreaterThan(0);
  });

  it('is never all held, whoever takes nothing away, and comes back whole', () => {
    const packet = fc.record({
      queue: fc.nat(19),
      flow: fc.nat(3),
      bytes: fc.integer({ min: 40, max: 9_000 }),
    });
    fc.assert(
      fc.property(fc.array(packet, { maxLength: 400 }), (packets) => {
        const [memory, source] = [new FrameMemory(ALL_BYTES), new FrameSource()];
        const queues = Array.from({ length: 20 }, () => new FlowQueue({ memory }));
        for (const { queue, flow, bytes } of packets) {
          queues[queue]!.enqueue(source.packet(flow, bytes), 0);
          expect(memory.free).toBeGreaterThanOrEqual(0);
        }
        while (takeNext(queues[0]!, 0) !== undefined);
        for (const queue of queues) queue.clear();
        expect([memory.free, source.outstanding]).toEqual([ALL_BYTES, 0]);
      }),
      { numRuns: 50 },
    );
  });
});
