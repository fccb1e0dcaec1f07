import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genesis, ReceiveChain } from '../../src/chain/lane-chain.js';
import { ReceiveCredit } from '../../src/message/credit.js';
import { MemoryBudget } from '../../src/message/memory-budget.js';
import { ReceiveLane } from '../../src/message/receive-lane.js';
import { LANE_LOSSY } from '../../src/message/reliability.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { encodeCredit } from '../../src/wire/frames/credit-frame.js';
import { Writer } from '../../src/wire/writer.js';
import { crypto, leavesOf } from '../message/support.js';

const MAX_MESSAGE_BYTES = 200_000;
const LEAF = new Uint8Array(32).fill(7);

function lossyLane() {
  const gaps: number[] = [];
  const window = { windowBytes: 300_000, maxWindowBytes: 300_000, windowMessages: 100 };
  const credit = new ReceiveCredit(window);
  const lane = new ReceiveLane({
    lane: LANE_LOSSY,
    chain: new ReceiveChain(crypto, genesis(crypto, new Uint8Array(32), 0, LANE_LOSSY)),
    leaves: leavesOf(LANE_LOSSY),
    credit,
    memory: new MemoryBudget(1_000_000),
    maxMessageBytes: MAX_MESSAGE_BYTES,
    dropOldest: () => false,
    onMessage: () => {},
    onDuplicate: () => {},
    onGap: (n) => gaps.push(n),
  });
  return { lane, credit, gaps };
}

describe('a GAP that names a message no peer may send', () => {
  it('ends the session and returns no credit', () => {
    const longer = fc.integer({ min: MAX_MESSAGE_BYTES + 1, max: Number.MAX_SAFE_INTEGER });
    fc.assert(
      fc.property(longer, fc.nat(100), (length, n) => {
        const { lane, credit, gaps } = lossyLane();
        const before = credit.grantedBytes;
        expect(lane.handleGap(n, length, LEAF, 0, 10)).toBe(CloseCode.MESSAGE_TOO_BIG);
        credit.grant();
        expect(credit.grantedBytes).toBe(before);
        expect(gaps).toEqual([]);
      }),
    );
  });

  it('leaves the longest message that may be sent alone, and its credit fits into a CREDIT frame', () => {
    const { lane, credit, gaps } = lossyLane();
    expect(lane.handleGap(0, MAX_MESSAGE_BYTES, LEAF, 0, 10)).toBe(0);
    credit.grant();
    const writer = new Writer().reset(new Uint8Array(32), 0, 32);
    encodeCredit(writer, LANE_LOSSY, credit.grantedBytes, credit.grantedMessages);
    expect(gaps).toEqual([0]);
  });
});
