import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genesis, ReceiveChain } from '../../src/chain/lane-chain.js';
import { ReceiveCredit } from '../../src/message/credit.js';
import { MemoryBudget } from '../../src/message/memory-budget.js';
import { ReceiveLane } from '../../src/message/receive-lane.js';
import type { ReceivedMessage } from '../../src/message/received-message.js';
import { LANE_LOSSY, LANE_RELIABLE, type Lane } from '../../src/message/reliability.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { bytes, crypto, leavesOf, pieceFrame, wholeFrame } from './support.js';

const MAX_MESSAGE_BYTES = 200_000;

/** A lane on its way in, and all it reported. */
function receiving(lane: Lane, options: { windowBytes?: number; memoryBytes?: number } = {}) {
  const { windowBytes = 10_000_000, memoryBytes = 1_000_000 } = options;
  const messages: ReceivedMessage[] = [];
  const gaps: number[] = [];
  const chain = new ReceiveChain(crypto, genesis(crypto, new Uint8Array(32), 0, lane));
  const maxWindowBytes = windowBytes;
  const credit = new ReceiveCredit({ windowBytes, maxWindowBytes, windowMessages: 20_000 });
  const memory = new MemoryBudget(memoryBytes);
  const leaves = leavesOf(lane);
  const counts = { duplicates: 0 };
  const made: ReceiveLane = new ReceiveLane({
    lane,
    chain,
    leaves,
    credit,
    memory,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    dropOldest: () => made.dropOldest(),
    onMessage: (message) => messages.push(message),
    onDuplicate: () => counts.duplicates++,
    onGap: (n) => gaps.push(n),
  });
  const leaf = (n: number, payload: Uint8Array): Uint8Array => leaves.leaf(0, n, payload);
  return { lane: made, messages, gaps, chain, credit, memory, counts, leaf };
}

describe('the ordered lane', () => {
  it('delivers in order of numbers, exactly once, however frames come', () => {
    const order = fc.array(fc.nat(29), { maxLength: 120 });
    fc.assert(
      fc.property(order, (picks) => {
        const { lane, messages } = receiving(LANE_RELIABLE);
        const payload = (n: number): Uint8Array => bytes(20 + n, n);
        for (const [step, pick] of [...picks, ...Array(30).keys()].entries()) {
          const isCut = step % 3 === 0;
          const data = payload(pick);
          const frames = isCut
            ? [pieceFrame(0, pick, data, 7, data.length), pieceFrame(0, pick, data, 0, 9)]
            : [wholeFrame(0, pick, data)];
          for (const frame of frames) expect(lane.handle(frame, 0)).toBe(0);
        }
        expect(messages.map(({ n }) => n)).toEqual([...Array(30).keys()]);
        for (const message of messages) expect(message.payload).toEqual(payload(message.n));
        expect(lane.partialCount).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('recovers full numbers from their low bits, far beyond 65,536', () => {
    const { lane, messages, credit } = receiving(LANE_RELIABLE);
    for (let n = 0; n < 70_000; n++) {
      expect(lane.handle(wholeFrame(0, n, new Uint8Array()), 0)).toBe(0);
      credit.release(0, 1, 0, 0);
      credit.grant();
    }
    expect(messages.at(-1)?.n).toBe(69_999);
  });

  it('takes no number 16,384 or more beyond the first that is missing', () => {
    const { lane } = receiving(LANE_RELIABLE);
    expect(lane.handle(wholeFrame(0, 16_383, bytes(1)), 0)).toBe(0);
    expect(lane.handle(wholeFrame(0, 16_384, bytes(1)), 0)).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('tells how much of its head has come, so that credit can follow', () => {
    const { lane } = receiving(LANE_RELIABLE);
    const data = bytes(1_000);
    lane.handle(pieceFrame(0, 1, data, 0, 100), 0);
    expect(lane.headBytes).toBe(0);
    lane.handle(pieceFrame(0, 0, data, 0, 100), 0);
    lane.handle(pieceFrame(0, 0, data, 300, 350), 0);
    expect(lane.headBytes).toBe(150);
  });

  it('does not grow beyond its memory: there is nothing it could drop', () => {
    const { lane } = receiving(LANE_RELIABLE, { memoryBytes: 10_000 });
    const data = bytes(50_000);
    expect(lane.handle(pieceFrame(0, 0, data, 0, 4_000), 0)).toBe(0);
    expect(lane.handle(pieceFrame(0, 1, data, 0, 4_000), 0)).toBe(0);
    expect(lane.handle(pieceFrame(0, 2, data, 0, 4_000), 0)).toBe(CloseCode.LIMIT_EXCEEDED);
  });
});

describe('the lossy lane', () => {
  it('delivers each message at most once, as it comes', () => {
    const { lane, messages, counts } = receiving(LANE_LOSSY);
    for (const n of [3, 0, 3, 1, 0, 9]) lane.handle(wholeFrame(1, n, bytes(5, n)), 0);
    expect(messages.map(({ n }) => n)).toEqual([3, 0, 1, 9]);
    expect(counts.duplicates).toBe(2);
  });

  it('drops what lies 8,192 numbers back and refuses what lies as far ahead', () => {
    const { lane, messages } = receiving(LANE_LOSSY);
    expect(lane.handle(wholeFrame(1, 8_191, bytes(1)), 0)).toBe(0);
    expect(lane.handle(wholeFrame(1, 8_192, bytes(1)), 0)).toBe(0);
    expect(lane.handle(wholeFrame(1, 0, bytes(1)), 0)).toBe(0);
    expect(messages.map(({ n }) => n)).toEqual([8_191, 8_192]);
    expect(lane.handle(wholeFrame(1, 8_193 + 8_192, bytes(1)), 0)).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('reports a gap once and gives its credit back', () => {
    const { lane, gaps, credit, chain, leaf } = receiving(LANE_LOSSY, { windowBytes: 1_000 });
    const gone = leaf(0, bytes(400));
    expect(lane.handleGap(0, 400, gone, 0, 10)).toBe(0);
    expect(lane.handleGap(0, 400, gone, 0, 10)).toBe(0);
    expect(gaps).toEqual([0]);
    credit.grant();
    expect(credit.grantedBytes).toBe(1_400);
    expect(chain.canReach(1)).toBe(true);
  });

  it('still delivers a message that comes after its gap, but without credit of its own', () => {
    const { lane, messages, leaf } = receiving(LANE_LOSSY);
    lane.handleGap(0, 5, leaf(0, bytes(5)), 0, 10);
    expect(lane.handle(wholeFrame(1, 0, bytes(5)), 0)).toBe(0);
    expect(messages).toMatchObject([{ n: 0, credited: true }]);
  });

  it('does not believe a message that its gap contradicts, nor the other way round', () => {
    const gapFirst = receiving(LANE_LOSSY);
    gapFirst.lane.handleGap(0, 5, gapFirst.leaf(0, bytes(5, 1)), 0, 10);
    expect(gapFirst.lane.handle(wholeFrame(1, 0, bytes(5)), 0)).toBe(CloseCode.CHAIN_INVALID);
    const messageFirst = receiving(LANE_LOSSY);
    messageFirst.lane.handle(wholeFrame(1, 0, bytes(5)), 0);
    const other = messageFirst.leaf(0, bytes(5, 1));
    expect(messageFirst.lane.handleGap(0, 5, other, 0, 10)).toBe(CloseCode.CHAIN_INVALID);
  });

  it('forgets the pieces of a message whose gap came', () => {
    const { lane, memory, leaf, counts } = receiving(LANE_LOSSY);
    const data = bytes(500);
    lane.handle(pieceFrame(1, 0, data, 0, 100), 0);
    expect(memory.used).toBeGreaterThan(0);
    lane.handleGap(0, 500, leaf(0, data), 0, 10);
    expect([memory.used, lane.partialCount]).toEqual([0, 0]);
    lane.handle(pieceFrame(1, 0, data, 100, 500), 0);
    expect(counts.duplicates).toBe(1);
  });

  it('drops its oldest partial message for another one and asks for its leaf', () => {
    const { lane, memory } = receiving(LANE_LOSSY, { memoryBytes: 10_000 });
    const data = bytes(9_000);
    for (let n = 0; n < 5; n++) {
      expect(lane.handle(pieceFrame(1, n, data, 0, 4_000), 0)).toBe(0);
    }
    expect(lane.partialCount).toBe(2);
    expect(memory.used).toBeLessThanOrEqual(10_000);
    expect(lane.takeWanted()).toEqual([0, 1, 2]);
    expect(lane.takeWanted()).toBeUndefined();
  });

  it('drops as many as it takes', () => {
    const { lane, memory } = receiving(LANE_LOSSY, { memoryBytes: 10_000 });
    for (const n of [0, 1]) lane.handle(pieceFrame(1, n, bytes(9_000), 0, 4_000), 0);
    expect(lane.handle(pieceFrame(1, 2, bytes(9_500), 0, 9_000), 0)).toBe(0);
    expect(memory.used).toBeLessThanOrEqual(10_000);
    expect(lane.takeWanted()).toEqual([0, 1]);
  });

  it('survives that the message it drops is the one that just came', () => {
    const { lane, memory, messages } = receiving(LANE_LOSSY, { memoryBytes: 5_000 });
    const data = bytes(9_000);
    expect(lane.handle(pieceFrame(1, 0, data, 0, 4_000), 0)).toBe(0);
    expect(lane.handle(pieceFrame(1, 0, data, 4_000, 9_000), 0)).toBe(0);
    expect([memory.used, messages.length, lane.partialCount]).toEqual([0, 0, 0]);
    expect(lane.takeWanted()).toEqual([0]);
  });

  it('holds at most 1,024 partial messages', () => {
    const { lane } = receiving(LANE_LOSSY, { memoryBytes: 100_000_000 });
    for (let n = 0; n < 1_030; n++) lane.handle(pieceFrame(1, n, bytes(50), 0, 10), 0);
    expect(lane.partialCount).toBe(1_024);
    expect(lane.takeWanted()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('gives partial messages up after 30 seconds', () => {
    const { lane } = receiving(LANE_LOSSY);
    expect(lane.deadline).toBe(Number.POSITIVE_INFINITY);
    lane.handle(pieceFrame(1, 0, bytes(50), 0, 10), 100);
    lane.handle(pieceFrame(1, 1, bytes(50), 0, 10), 200);
    expect(lane.deadline).toBe(30_100);
    lane.expire(30_100);
    expect(lane.partialCount).toBe(1);
    expect(lane.takeWanted()).toEqual([0]);
    expect(lane.deadline).toBe(30_200);
  });

  it('is done with what is over at the very deadline it names, however that is rounded', () => {
    for (let i = 1; i < 200; i++) {
      const { lane } = receiving(LANE_LOSSY);
      lane.handle(pieceFrame(1, 0, bytes(50), 0, 10), i * 12.345678901234567);
      lane.expire(lane.deadline);
      expect(lane.partialCount).toBe(0);
    }
  });

  it('asks for at most 256 leaves at a time', () => {
    const { lane } = receiving(LANE_LOSSY);
    for (let n = 0; n < 300; n++) lane.handle(pieceFrame(1, n, bytes(50), 0, 10), 0);
    lane.expire(30_000);
    expect(lane.takeWanted()).toHaveLength(256);
    expect(lane.takeWanted()).toHaveLength(44);
  });

  it('gives up a message that comes as dust', () => {
    const { lane } = receiving(LANE_LOSSY);
    const data = bytes(20_000);
    for (let at = 0; at < 10_000; at += 2) {
      expect(lane.handle(pieceFrame(1, 0, data, at, at + 1), 0)).toBe(0);
    }
    expect(lane.partialCount).toBe(0);
    expect(lane.takeWanted()).toEqual([0]);
  });
});

describe.each([
  ['ordered', LANE_RELIABLE],
  ['lossy', LANE_LOSSY],
] as const)('a peer that breaks the rules of the %s lane', (_, lane) => {
  it('sends bytes that differ from those before', () => {
    const { lane: made } = receiving(lane);
    made.handle(pieceFrame(lane, 0, bytes(100), 0, 50), 0);
    const altered = pieceFrame(lane, 0, bytes(100, 1), 40, 60);
    expect(made.handle(altered, 0)).toBe(CloseCode.CHAIN_INVALID);
  });

  it('changes its mind about the length or the kind of a message', () => {
    const { lane: made } = receiving(lane);
    made.handle(pieceFrame(lane, 0, bytes(100), 0, 50), 0);
    expect(made.handle(pieceFrame(lane, 0, bytes(101), 0, 50), 0)).toBe(CloseCode.CHAIN_INVALID);
    expect(made.handle(wholeFrame(lane, 0, bytes(50)), 0)).toBe(CloseCode.CHAIN_INVALID);
    const other = receiving(lane);
    other.lane.handle(pieceFrame(lane, 0, bytes(100), 0, 50), 0);
    expect(other.lane.handle(wholeFrame(lane, 0, bytes(100), 3), 0)).toBe(CloseCode.CHAIN_INVALID);
  });

  it('sends a message that is too long', () => {
    const { lane: made } = receiving(lane);
    const data = bytes(MAX_MESSAGE_BYTES + 1);
    const tooBig = CloseCode.MESSAGE_TOO_BIG;
    expect(made.handle(wholeFrame(lane, 0, data), 0)).toBe(tooBig);
    expect(made.handle(pieceFrame(lane, 1, data, 0, 10), 0)).toBe(tooBig);
    const late = pieceFrame(lane, 2, data, MAX_MESSAGE_BYTES, MAX_MESSAGE_BYTES + 1);
    expect(made.handle(late, 0)).toBe(tooBig);
  });

  it('sends more than its credit', () => {
    const whole = receiving(lane, { windowBytes: 100 });
    expect(whole.lane.handle(wholeFrame(lane, 0, bytes(100)), 0)).toBe(0);
    expect(whole.lane.handle(wholeFrame(lane, 1, bytes(1)), 0)).toBe(CloseCode.FLOW_CONTROL);
    const pieces = receiving(lane, { windowBytes: 100 });
    expect(pieces.lane.handle(pieceFrame(lane, 0, bytes(150), 50, 100), 0)).toBe(0);
    expect(pieces.lane.handle(pieceFrame(lane, 0, bytes(150), 0, 60), 0)).toBe(0);
    const beyond = pieceFrame(lane, 0, bytes(150), 100, 101);
    expect(pieces.lane.handle(beyond, 0)).toBe(CloseCode.FLOW_CONTROL);
  });

  it('claims an offset beyond its credit, before memory is spent on it', () => {
    const { lane: made, memory } = receiving(lane, { windowBytes: 10_000 });
    const far = pieceFrame(lane, 0, bytes(150_000), 149_999, 150_000);
    expect(made.handle(far, 0)).toBe(CloseCode.FLOW_CONTROL);
    expect(memory.used).toBe(0);
  });
});
