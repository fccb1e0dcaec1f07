import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../src/message/outgoing-message.js';
import { LOSSY, sending, settle } from './sending-support.js';
import { bytes, outgoing } from './support.js';

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
