import { describe, expect, it } from 'vitest';
import { genesis, ReceiveChain } from '../../src/chain/lane-chain.js';
import { ReceiveCredit } from '../../src/message/credit.js';
import { MemoryBudget } from '../../src/message/memory-budget.js';
import { ReceiveLane } from '../../src/message/receive-lane.js';
import type { ReceivedMessage } from '../../src/message/received-message.js';
import { LANE_LOSSY } from '../../src/message/reliability.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { bytes, crypto, leavesOf, pieceFrame, wholeFrame } from '../message/support.js';

const WINDOW_BYTES = 10_000;
const HUGE = 1_000_000;
const MESSAGE_BYTES = 1_000;

function receiving() {
  const messages: ReceivedMessage[] = [];
  const leaves = leavesOf(LANE_LOSSY);
  const counts = { duplicates: 0 };
  const credit = new ReceiveCredit({
    windowBytes: WINDOW_BYTES,
    maxWindowBytes: WINDOW_BYTES,
    windowMessages: 1_000,
  });
  const lane: ReceiveLane = new ReceiveLane({
    lane: LANE_LOSSY,
    chain: new ReceiveChain(crypto, genesis(crypto, new Uint8Array(32), 0, LANE_LOSSY)),
    leaves,
    credit,
    memory: new MemoryBudget(HUGE),
    maxMessageBytes: HUGE,
    dropOldest: () => lane.dropOldest(),
    onMessage: (message) => messages.push(message),
    onDuplicate: () => counts.duplicates++,
    onGap: () => {},
  });
  const gap = (n: number, payload: Uint8Array, length = payload.length) =>
    lane.handleGap(n, length, leaves.leaf(0, n, payload), 0, 10);
  return { lane, credit, messages, counts, gap };
}

/** Whole messages that nobody reads, until the lane refuses one. */
function unreadFrom(lane: ReceiveLane, first: number): number {
  for (let count = 0; count < 100; count++) {
    const violation = lane.handle(wholeFrame(1, first + count, bytes(MESSAGE_BYTES)), 0);
    if (violation === CloseCode.FLOW_CONTROL) return count;
    expect(violation).toBe(0);
  }
  throw new Error('unread messages are never refused');
}

describe('the credit of a message that was given up', () => {
  it('makes no room for others, however long it claims to have been', () => {
    const { lane, credit, gap } = receiving();
    for (let n = 0; n < 100; n++) expect(gap(n, bytes(1), HUGE)).toBe(0);
    credit.grant();
    expect(unreadFrom(lane, 100)).toBe(WINDOW_BYTES / MESSAGE_BYTES);
  });

  it('is what its sender spent, whatever of it arrived', () => {
    const { lane, credit, gap } = receiving();
    const data = bytes(4_000);
    lane.handle(pieceFrame(1, 0, data, 0, 3_000), 0);
    expect(gap(0, data)).toBe(0);
    credit.grant();
    expect(credit.grantedBytes).toBe(WINDOW_BYTES + 4_000);
    expect(unreadFrom(lane, 1)).toBe(WINDOW_BYTES / MESSAGE_BYTES);
  });

  it('is settled once when its pieces were dropped before', () => {
    const { lane, credit, gap } = receiving();
    const data = bytes(4_000);
    lane.handle(pieceFrame(1, 0, data, 0, 3_000), 0);
    lane.dropOldest();
    expect(gap(0, data)).toBe(0);
    credit.grant();
    expect(credit.grantedBytes).toBe(WINDOW_BYTES + 4_000);
    expect(unreadFrom(lane, 1)).toBe(WINDOW_BYTES / MESSAGE_BYTES);
  });

  it('does not fail messages that the sender afforded before and that overtake the CREDIT', () => {
    const { lane, gap } = receiving();
    // Given up beyond its credit: the sender is in debt, but what it sent before counted.
    expect(gap(9, bytes(1), 8_000)).toBe(0);
    for (let n = 0; n < 9; n++) {
      expect(lane.handle(wholeFrame(1, n, bytes(MESSAGE_BYTES)), 0)).toBe(0);
    }
  });
});

describe('a message after its GAP', () => {
  it('is worth having, and takes no credit', () => {
    const { lane, credit, messages, gap } = receiving();
    gap(0, bytes(MESSAGE_BYTES));
    expect(lane.handle(wholeFrame(1, 0, bytes(MESSAGE_BYTES)), 0)).toBe(0);
    expect(messages).toMatchObject([{ n: 0, credited: true }]);
    credit.grant();
    expect(unreadFrom(lane, 1)).toBe(WINDOW_BYTES / MESSAGE_BYTES);
  });

  it('is dropped while many such are unread', () => {
    const { lane, messages, counts, gap } = receiving();
    for (let n = 0; n < 500; n++) {
      gap(n, bytes(MESSAGE_BYTES));
      expect(lane.handle(wholeFrame(1, n, bytes(MESSAGE_BYTES)), 0)).toBe(0);
    }
    expect(messages.length).toBe(Math.floor(65_536 / (MESSAGE_BYTES + 256)));
    expect(counts.duplicates).toBe(500 - messages.length);
    for (const { payload } of messages.splice(0)) lane.lateTaken(payload.length);
    gap(500, bytes(MESSAGE_BYTES));
    lane.handle(wholeFrame(1, 500, bytes(MESSAGE_BYTES)), 0);
    expect(messages).toHaveLength(1);
  });

  it('in pieces is not put together', () => {
    const { lane, counts, gap } = receiving();
    const data = bytes(2_000);
    gap(0, data);
    lane.handle(pieceFrame(1, 0, data, 0, 1_000), 0);
    expect([lane.partialCount, counts.duplicates]).toEqual([0, 1]);
  });
});
