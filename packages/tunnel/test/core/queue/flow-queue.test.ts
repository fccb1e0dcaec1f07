import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { FlowQueue, type FlowQueueOptions } from '../../../src/core/queue/flow-queue.js';
import { FrameSource, HEADER_BYTES, takeNext } from './frames.js';

/** The flows of the next packets, in the order in which they leave. */
function order(queue: FlowQueue, now: number, packets = 1_000): number[] {
  const flows: number[] = [];
  for (let next = takeNext(queue, now); next !== undefined; next = takeNext(queue, now)) {
    flows.push(next.flow);
    if (flows.length === packets) break;
  }
  return flows;
}

describe('an empty queue', () => {
  it('has no head, and nothing that was sent', () => {
    const queue = new FlowQueue();
    expect(queue.head(0)).toBeUndefined();
    queue.sent(100);
    expect([queue.bytes, queue.frames]).toEqual([0, 0]);
  });

  it('refuses frames without a packet', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    const frame = source.packet(1, 100);
    frame.dropNext();
    queue.enqueue(frame, 0);
    expect([queue.frames, source.outstanding]).toEqual([0, 0]);
  });
});

describe('packets of one flow', () => {
  it('leave in order, and give their frames back', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    for (const bytes of [100, 200, 300]) queue.enqueue(source.packet(5, bytes), 0);
    expect([queue.bytes, queue.frames]).toEqual([600, 3]);
    expect(takeNext(queue, 1)?.bytes).toBe(100);
    expect([queue.bytes, queue.frames, source.outstanding]).toEqual([500, 2, 2]);
    expect(takeNext(queue, 1)?.bytes).toBe(200);
    expect(takeNext(queue, 1)?.bytes).toBe(300);
    expect([queue.bytes, queue.frames, source.outstanding]).toEqual([0, 0, 0]);
  });

  it('leave segment by segment where they are a super-packet', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    queue.enqueue(source.superPacket(5, 2_500, 1_000), 0);
    expect(queue.bytes).toBe(2_500 + 3 * HEADER_BYTES);
    const sizes = [takeNext(queue, 0), takeNext(queue, 0), takeNext(queue, 0)];
    expect(sizes.map((next) => next?.bytes)).toEqual([1_040, 1_040, 540]);
    expect([queue.bytes, queue.frames, source.outstanding]).toEqual([0, 0, 0]);
  });

  it('are the same head until one was sent', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    queue.enqueue(source.packet(5, 100), 0);
    queue.enqueue(source.packet(6, 100), 0);
    const head = queue.head(1);
    for (let now = 1; now < 4; now++) expect(queue.head(now)).toBe(head);
  });

  it('that are given up instead of sent leave no trace', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ maxBytes: 10_000 });
    // More than fits: bytes that stayed behind would fill the queue for ever.
    for (let i = 0; i < 50; i++) {
      queue.enqueue(source.superPacket(i & 1, 2_000, 1_000), i);
      for (let head = queue.head(i); head !== undefined; head = queue.head(i)) {
        head.dropNext();
        queue.sent(0);
      }
    }
    expect([queue.bytes, queue.frames, source.outstanding]).toEqual([0, 0, 0]);
    expect(queue.counters.overflowed).toBe(0);
  });
});

describe('flows', () => {
  it('take turns of a quantum', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ quantumBytes: 2_000 });
    for (let i = 0; i < 4; i++) {
      for (const flow of [1, 2, 3]) queue.enqueue(source.packet(flow, 1_000), 0);
    }
    expect(order(queue, 0)).toEqual([1, 1, 2, 2, 3, 3, 1, 1, 2, 2, 3, 3]);
  });

  it('share by bytes, not by packets', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ quantumBytes: 1_500 });
    for (let i = 0; i < 150; i++) queue.enqueue(source.packet(1, 100), 0);
    for (let i = 0; i < 10; i++) queue.enqueue(source.packet(2, 1_500), 0);
    const first = order(queue, 0, 80);
    const bytes1 = 100 * first.filter((flow) => flow === 1).length;
    const bytes2 = 1_500 * first.filter((flow) => flow === 2).length;
    expect(Math.abs(bytes1 - bytes2)).toBeLessThanOrEqual(3_000);
  });

  it('that begin go before those that go on', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ quantumBytes: 1_000 });
    for (let i = 0; i < 10; i++) queue.enqueue(source.packet(1, 1_000), 0);
    order(queue, 0, 3);
    queue.enqueue(source.packet(2, 100), 0);
    expect(order(queue, 0, 2)).toEqual([2, 1]);
  });

  it('that stop and begin again do not go first all the time (RFC 8290 4.2)', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ quantumBytes: 1_000 });
    for (let i = 0; i < 100; i++) queue.enqueue(source.packet(1, 1_000), 0);
    order(queue, 0, 2);
    let others = 0;
    for (let i = 0; i < 100; i++) {
      if (queue.head(0)?.flowHash !== 2) queue.enqueue(source.packet(2, 1_000), 0);
      if (takeNext(queue, 0)?.flow === 1) others++;
    }
    expect(others).toBeGreaterThanOrEqual(45);
  });

  it('are told apart by all bits of a hash that count, negative ones too', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ flows: 2, quantumBytes: 100 });
    for (const hash of [-1, 2, -1, 2]) queue.enqueue(source.packet(hash, 100), 0);
    expect(order(queue, 0)).toEqual([-1, 2, -1, 2]);
  });
});

describe('packets that waited', () => {
  it('are dropped by CoDel, counted, and without a turn', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    for (let i = 0; i < 200; i++) queue.enqueue(source.packet(1, 1_000), 0);
    let sent = 0;
    for (let now = 6; now < 500; now += 3) if (takeNext(queue, now) !== undefined) sent++;
    const { aged, agedBytes } = queue.counters;
    expect(aged).toBeGreaterThan(5);
    expect(agedBytes).toBe(1_000 * aged);
    expect(queue.frames).toBe(200 - sent - aged);
    expect(source.outstanding).toBe(queue.frames);
  });

  it('keep their last one, however long it is', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    for (let round = 0; round < 50; round++) {
      const now = 20 * round;
      queue.enqueue(source.packet(1, 9_000), now);
      expect(takeNext(queue, now + 15)?.bytes).toBe(9_000);
    }
    expect(queue.counters.aged).toBe(0);
  });

  it('do not make those of a later burst pay', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    const burst = (now: number) => {
      for (let i = 0; i < 5; i++) queue.enqueue(source.packet(1, 9_000), now);
      return order(queue, now + 20).length;
    };
    expect(burst(0)).toBe(5);
    expect(burst(50_000)).toBe(5);
    expect(queue.counters.aged).toBe(0);
  });

  it('are of no use after a second, the last one neither', () => {
    const source = new FrameSource();
    const queue = new FlowQueue();
    for (let flow = 0; flow < 10; flow++) queue.enqueue(source.packet(flow, 100), 0);
    expect(takeNext(queue, 1_000)?.waitedMs).toBe(1_000);
    queue.enqueue(source.packet(20, 100), 1_001);
    expect(order(queue, 1_001)).toEqual([20]);
    expect(queue.counters).toMatchObject({ aged: 9, agedBytes: 900, longestWaitMs: 1_000 });
    expect(source.outstanding).toBe(0);
  });
});

describe('a full queue', () => {
  it('drops the oldest of the longest flow, and spares the others', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ maxBytes: 20_000 });
    queue.enqueue(source.packet(2, 1_000), 0);
    for (let i = 0; i < 100; i++) {
      queue.enqueue(source.packet(1, 1_000 + i), 0);
      expect(queue.bytes).toBeLessThanOrEqual(20_000);
    }
    const { overflowed, overflowedBytes } = queue.counters;
    expect(overflowed).toBe(101 - queue.frames);
    expect(overflowedBytes).toBe(1_000 + 100 * 1_000 + 4_950 - queue.bytes);
    const sizes: number[] = [];
    for (let next = takeNext(queue, 0); next !== undefined; next = takeNext(queue, 0)) {
      sizes.push(next.bytes);
    }
    expect(sizes[0]).toBe(1_000);
    expect(sizes.at(-1)).toBe(1_099);
    expect(source.outstanding).toBe(0);
  });

  it('has no more frames than it may have', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ maxFrames: 10 });
    for (let i = 0; i < 200; i++) {
      queue.enqueue(source.packet(i, 60), 0);
      expect(queue.frames).toBeLessThanOrEqual(10);
    }
    expect(source.outstanding).toBe(queue.frames);
  });

  it('takes nothing that is longer than all of it', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ maxBytes: 1_000 });
    queue.enqueue(source.superPacket(1, 60_000, 1_400), 0);
    expect(queue.bytes).toBeLessThanOrEqual(1_000);
    queue.enqueue(source.packet(1, 1_200), 0);
    expect([queue.bytes, queue.frames, source.outstanding]).toEqual([0, 0, 0]);
  });
});

describe('a queue that is cleared', () => {
  it('gives everything back, and goes on', () => {
    const source = new FrameSource();
    const queue = new FlowQueue({ quantumBytes: 1_000 });
    for (let i = 0; i < 50; i++) queue.enqueue(source.superPacket(i % 7, 3_000, 1_000), 0);
    order(queue, 0, 20);
    queue.clear();
    expect([queue.bytes, queue.frames, source.outstanding]).toEqual([0, 0, 0]);
    expect(queue.head(0)).toBeUndefined();
    queue.sent(1_000);
    expect(queue.bytes).toBe(0);
    for (const flow of [1, 2]) queue.enqueue(source.packet(flow, 500), 10);
    expect(order(queue, 10)).toEqual([1, 2]);
    expect(source.releasedTwice).toBe(0);
  });
});

describe('settings of a queue', () => {
  const bad: [string, FlowQueueOptions][] = [
    ['flows', { flows: 100 }],
    ['flows', { flows: 0 }],
    ['flows', { flows: 131_072 }],
    ['quantumBytes', { quantumBytes: 0 }],
    ['maxBytes', { maxBytes: Number.NaN }],
    ['maxFrames', { maxFrames: 1.5 }],
  ];
  it.each(bad)('are checked: %s in %o', (field, options) => {
    expect(() => new FlowQueue(options)).toThrow(VCLError);
    expect(() => new FlowQueue(options)).toThrow(`${field} must be`);
  });
});
