import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../src/message/outgoing-message.js';
import { LOSSY, PARTIAL, sending, settle } from './sending-support.js';
import { outgoing } from './support.js';

describe('a reliable message', () => {
  it('is sent until all of it is acknowledged, whatever is lost', () => {
    const fates = fc.array(fc.boolean(), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(fates, fc.integer({ min: 1, max: 1_500 }), (arrives, length) => {
        const { push, write, lane, observer } = sending(0);
        push(outgoing(length), outgoing(0), outgoing(40));
        const rounds = [...arrives, ...Array<boolean>(60).fill(true)];
        for (const isThrough of rounds) settle(lane, write().packet, isThrough ? 'acked' : 'lost');
        expect(lane.isSettled).toBe(true);
        expect(observer.released).toBe(length + 40);
      }),
      { numRuns: 50 },
    );
  });

  it('is cut anew where less fits the next time', () => {
    const { push, write, lane } = sending(0);
    push(outgoing(150));
    settle(lane, write().packet, 'lost');
    const { frames, repeats } = write(0, 100);
    expect(frames).toMatchObject([{ first: true, total: 150 }]);
    expect(repeats).toBe(true);
    expect(write(0, 100)).toMatchObject({ repeats: true, frames: [{ first: false }] });
    expect(write(0, 100)).toMatchObject({ repeats: false, frames: [] });
  });

  it('can be probed without giving anything up', () => {
    const { push, write, lane } = sending(0);
    push(outgoing(50));
    const { packet } = write();
    const message = packet.frameRefs[0] as OutgoingMessage;
    expect(lane.offerProbe(message, 0, 50)).toBe(true);
    expect(write().frames).toHaveLength(1);
    lane.onAcked(message, 0, 50);
    expect(lane.offerProbe(message, 0, 50)).toBe(false);
  });
});

describe('an unreliable message', () => {
  it('is given up when a piece of it is lost, and the rest stays at home', () => {
    const { push, write, lane, observer } = sending(1);
    push(outgoing(900, LOSSY), outgoing(10, LOSSY));
    settle(lane, write().packet, 'lost');
    expect(observer.abandoned).toMatchObject([{ n: 0, complete: true, fate: 'abandoned' }]);
    // The leaf needs all bytes, and they count as scheduled.
    expect(observer.scheduled.at(-1)).toEqual([0, expect.any(Number), 900]);
    expect(write().frames).toMatchObject([{ n16: 1 }]);
    expect(lane.isSettled).toBe(false);
    lane.settle(0);
  });

  it('settles its number with the gap, not with a late acknowledgement', () => {
    const { push, write, lane, observer } = sending(1);
    push(outgoing(10, LOSSY));
    const { packet } = write();
    settle(lane, packet, 'lost');
    settle(lane, packet, 'acked');
    expect([lane.isSettled, observer.abandoned.length, observer.released]).toEqual([false, 1, 10]);
    lane.settle(0);
    expect(lane.isSettled).toBe(true);
  });

  it('is never probed', () => {
    const { push, write, lane } = sending(1);
    push(outgoing(10, LOSSY));
    const message = write().packet.frameRefs[0] as OutgoingMessage;
    expect(lane.offerProbe(message, 0, 10)).toBe(false);
    expect(lane.oldestUnsettledPartial()).toBeUndefined();
  });
});

describe('a partial message', () => {
  it('is sent again as often as it may, then given up', () => {
    const { push, write, lane, observer } = sending(1);
    push(outgoing(50, { reliability: 'partial', maxRetries: 2 }));
    for (let attempt = 0; attempt < 3; attempt++) {
      const { packet, frames } = write();
      expect(frames).toHaveLength(1);
      expect(observer.abandoned).toEqual([]);
      settle(lane, packet, 'lost');
    }
    expect(observer.abandoned).toHaveLength(1);
    expect(write().frames).toEqual([]);
  });

  it('spends one retry on pieces that are lost together', () => {
    const { push, write, lane, observer } = sending(1);
    push(outgoing(400, PARTIAL));
    const packets = [write().packet, write().packet, write().packet];
    for (const packet of packets) settle(lane, packet, 'lost');
    expect(observer.abandoned).toEqual([]);
    for (let i = 0; i < 3; i++) settle(lane, write().packet, 'acked');
    expect(lane.isSettled).toBe(true);
  });

  it('is given up after its deadline, in the queue, under way and when it would go again', () => {
    const { push, write, lane, observer } = sending(1);
    push(outgoing(50, { ...PARTIAL, deadline: 100 }));
    const { packet } = write(0);
    push(outgoing(50, { ...PARTIAL, deadline: 100 }), outgoing(50, PARTIAL));
    expect(lane.nextDeadline).toBe(100);
    settle(lane, packet, 'lost', 90);
    expect(write(100).frames).toMatchObject([{ n16: 1 }]);
    expect(observer.abandoned).toMatchObject([{ n: 0 }]);
    expect(observer.expired).toHaveLength(1);
    expect(lane.next).toBe(2);
  });

  it('that credit stops in its middle expires all the same', () => {
    const { push, write, lane, observer } = sending(1, 100);
    push(outgoing(500, { ...PARTIAL, deadline: 50 }));
    write(0);
    expect(lane.nextDeadline).toBe(50);
    lane.expire(50);
    expect(observer.abandoned).toHaveLength(1);
    expect(lane.nextDeadline).toBe(Number.POSITIVE_INFINITY);
  });

  it('can be given up from outside, once', () => {
    const { push, write, lane, observer } = sending(1);
    push(outgoing(900, PARTIAL));
    write();
    expect(lane.giveUp(0)).toBe(true);
    expect(lane.giveUp(0)).toBe(false);
    expect(lane.giveUp(7)).toBe(false);
    expect(observer.abandoned).toHaveLength(1);
    expect(lane.hasUnsent).toBe(false);
  });

  it('that waits longest for its acknowledgement is the first to be probed', () => {
    const { push, write, lane } = sending(1);
    for (let now = 0; now < 3; now++) {
      push(outgoing(10, { ...PARTIAL, maxRetries: 2 }));
      write(now);
    }
    const numbers: number[] = [];
    for (let now = 3; now < 8; now++) {
      const oldest = lane.oldestUnsettledPartial();
      if (oldest === undefined) break;
      numbers.push(oldest.n);
      lane.offerProbe(oldest, 0, 10);
      write(now);
    }
    expect(numbers).toEqual([0, 1, 2, 0, 1]);
  });

  it('is not probed while it is incomplete, queued again, acknowledged or out of retries', () => {
    const { push, write, lane } = sending(1, 100);
    push(outgoing(500, PARTIAL));
    const first = write(0);
    expect(lane.oldestUnsettledPartial()).toBeUndefined();
    settle(lane, first.packet, 'lost');
    write(1);
    expect(lane.oldestUnsettledPartial()).toBeUndefined();
    lane.credit.raise(600, 10);
    while (write(2).frames.length > 0);
    expect(lane.oldestUnsettledPartial()).toBeUndefined();
    const { push: pushOther, write: writeOther, lane: other } = sending(1);
    pushOther(outgoing(10, PARTIAL));
    const { packet } = writeOther(0);
    expect(other.oldestUnsettledPartial()?.n).toBe(0);
    settle(other, packet, 'acked');
    expect(other.oldestUnsettledPartial()).toBeUndefined();
  });
});
