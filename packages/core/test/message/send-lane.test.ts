import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SendCredit } from '../../src/message/credit.js';
import type { OutgoingMessage } from '../../src/message/outgoing-message.js';
import { PacketBuilder } from '../../src/message/packet-builder.js';
import type { Lane } from '../../src/message/reliability.js';
import { SendLane, type SendLaneObserver } from '../../src/message/send-lane.js';
import { SentPacket } from '../../src/recovery/sent-packet.js';
import { bytes, type Frame, messagesIn, outgoing } from './support.js';

const ROOM = 200;

/** What a lane reports, written down. */
class FakeObserver implements SendLaneObserver {
  mayNumberNow = true;
  readonly scheduled: [number, number, number][] = [];
  readonly abandoned: OutgoingMessage[] = [];
  readonly expired: OutgoingMessage[] = [];
  released = 0;

  mayNumber(): boolean {
    return this.mayNumberNow;
  }
  onScheduled(message: OutgoingMessage, from: number, to: number): void {
    this.scheduled.push([message.n, from, to]);
  }
  onAbandoned(message: OutgoingMessage): void {
    this.abandoned.push(message);
  }
  onExpired(message: OutgoingMessage): void {
    this.expired.push(message);
  }
  onReleased(count: number): void {
    this.released += count;
  }
}

/** A lane with credit, and what stood in the packets it wrote. */
function sending(lane: Lane, credit = 1_000_000, messages = 100_000) {
  const observer = new FakeObserver();
  const made = new SendLane(lane, new SendCredit(credit, messages), observer);
  const write = (
    now = 0,
    room = ROOM,
  ): { frames: Frame[]; packet: SentPacket; repeats: boolean } => {
    const buffer = new Uint8Array(room);
    const builder = new PacketBuilder();
    const packet = new SentPacket();
    builder.begin(buffer, 0, room, room);
    made.write(builder, packet, now);
    const frames = messagesIn(buffer.subarray(0, builder.end));
    return { frames, packet, repeats: builder.repeats };
  };
  const push = (...pushed: OutgoingMessage[]): void => {
    for (const message of pushed) made.queue.push(message);
  };
  return { lane: made, observer, write, push };
}

/** Tells the lane what became of each message frame of a packet. */
function settle(lane: SendLane, packet: SentPacket, fate: 'acked' | 'lost', now = 0): void {
  for (let i = 0; i < packet.frameCount; i++) {
    const message = packet.frameRefs[i] as OutgoingMessage;
    const [start, end] = [packet.frameStarts[i]!, packet.frameEnds[i]!];
    if (fate === 'acked') lane.onAcked(message, start, end);
    else lane.onLost(message, start, end, now);
  }
}

const LOSSY = { reliability: 'unreliable' } as const;
const PARTIAL = { reliability: 'partial', maxRetries: 1 } as const;

describe('numbering', () => {
  it('happens when the first piece leaves, so that priorities decide until then', () => {
    const { push, write, lane } = sending(0);
    push(outgoing(10, { priority: 0 }), outgoing(20, { priority: 9 }));
    expect(lane.next).toBe(0);
    const { frames } = write();
    expect(frames.map(({ n16, data }) => [n16, data.length])).toEqual([
      [0, 20],
      [1, 10],
    ]);
    expect(lane.next).toBe(2);
  });

  it('waits while the connection does not allow another message', () => {
    const { push, write, observer, lane } = sending(0);
    observer.mayNumberNow = false;
    push(outgoing(10));
    expect(lane.wantsToWrite).toBe(false);
    expect(write().frames).toEqual([]);
    observer.mayNumberNow = true;
    expect(write().frames).toHaveLength(1);
  });

  it.each([
    [0, 16_384],
    [1, 8_192],
  ] as const)('of lane %i stays %i ahead of the lowest unsettled message', (number, window) => {
    const { push, write, lane } = sending(number);
    const reliability = number === 0 ? 'reliable' : 'unreliable';
    for (let i = 0; i <= window; i++) push(outgoing(0, { reliability }));
    const { packet } = write(0, 4 * window);
    expect(lane.next).toBe(window);
    expect(lane.wantsToWrite).toBe(false);
    lane.onAcked(packet.frameRefs[0] as OutgoingMessage, 0, 0);
    expect(write().frames).toHaveLength(1);
  });
});

describe('cutting', () => {
  it('spreads a long message over packets without losing a byte', () => {
    const length = fc.integer({ min: 0, max: 3_000 });
    fc.assert(
      fc.property(
        fc.array(length, { maxLength: 8 }),
        fc.integer({ min: 60, max: 700 }),
        (lengths, room) => {
          const { push, write, observer } = sending(0);
          push(...lengths.map((each, i) => outgoing(bytes(each, i))));
          const arrived = lengths.map((each) => new Uint8Array(each));
          for (let { frames } = write(0, room); frames.length > 0; { frames } = write(0, room)) {
            for (const { n16, offset, data } of frames) arrived[n16]!.set(data, offset);
          }
          expect(arrived).toEqual(lengths.map((each, i) => bytes(each, i)));
          const ends = observer.scheduled.filter(([n, , to]) => to === lengths[n]);
          expect(ends.map(([n]) => n)).toEqual([...lengths.keys()]);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('does not start a message with a piece that is not worth its header', () => {
    const { push, write } = sending(0);
    push(outgoing(150), outgoing(1_000));
    expect(write(0, 190).frames.map(({ data }) => data.length)).toEqual([150]);
  });

  it('names length and kind in the first piece only', () => {
    const { push, write } = sending(0);
    push(outgoing(300, { kind: 9 }));
    const [first] = write().frames;
    const [second] = write().frames;
    expect(first).toMatchObject({ first: true, total: 300, kind: 9, offset: 0 });
    expect(second).toMatchObject({ first: false, whole: false, kind: 0 });
    expect(second?.offset).toBe(first?.data.length);
  });
});

describe('credit', () => {
  it('stops a message in its middle and says so', () => {
    const { push, write, lane } = sending(0, 120);
    push(outgoing(300));
    expect(write().frames.map(({ data }) => data.length)).toEqual([120]);
    expect([lane.blocked, lane.wantsToWrite, lane.hasUnsent]).toEqual([true, false, true]);
    lane.credit.raise(300, 10);
    expect(lane.wantsToWrite).toBe(true);
    expect(write().frames).toMatchObject([{ offset: 120 }]);
    expect(lane.blocked).toBe(false);
  });

  it('in messages stops empty ones', () => {
    const { push, write, lane } = sending(0, 120, 1);
    push(outgoing(0), outgoing(0));
    expect(write().frames).toHaveLength(1);
    expect([lane.blocked, lane.wantsToWrite]).toEqual([true, false]);
  });

  it('is not spent again for what is sent again', () => {
    const { push, write, lane } = sending(0, 120);
    push(outgoing(120));
    const { packet } = write();
    settle(lane, packet, 'lost');
    expect(lane.credit.bytesLeft).toBe(0);
    expect(write().frames).toMatchObject([{ whole: true }]);
    expect(lane.credit.bytesLeft).toBe(0);
  });

  it('in debt after an abandoned message blocks the next one', () => {
    const { push, write, lane } = sending(1, 150);
    push(outgoing(900, LOSSY), outgoing(10, LOSSY));
    const { packet } = write();
    settle(lane, packet, 'lost');
    expect(lane.credit.bytesLeft).toBe(150 - 900);
    expect(write().frames).toEqual([]);
    expect(lane.blocked).toBe(true);
    lane.credit.raise(910, 10);
    expect(write().frames).toMatchObject([{ n16: 1, whole: true }]);
  });

  it('in debt lets an empty message through', () => {
    const { push, write, lane } = sending(1, 150);
    push(outgoing(900, LOSSY), outgoing(0, LOSSY));
    settle(lane, write().packet, 'lost');
    expect(write().frames).toMatchObject([{ n16: 1, whole: true }]);
    expect(lane.wantsToWrite).toBe(false);
  });
});

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
    lane.settleGap(0);
  });

  it('settles its number with the gap, not with a late acknowledgement', () => {
    const { push, write, lane, observer } = sending(1);
    push(outgoing(10, LOSSY));
    const { packet } = write();
    settle(lane, packet, 'lost');
    settle(lane, packet, 'acked');
    expect([lane.isSettled, observer.abandoned.length, observer.released]).toEqual([false, 1, 10]);
    lane.settleGap(0);
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
