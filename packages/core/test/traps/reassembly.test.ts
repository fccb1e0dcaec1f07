import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { genesis, ReceiveChain } from '../../src/chain/lane-chain.js';
import { LaneLeaves } from '../../src/chain/lane-leaves.js';
import { createNobleProvider } from '../../src/crypto/noble.js';
import { ReceiveCredit } from '../../src/message/credit.js';
import { MemoryBudget } from '../../src/message/memory-budget.js';
import { ReceiveLane } from '../../src/message/receive-lane.js';
import type { ReceivedMessage } from '../../src/message/received-message.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { MessageFrame } from '../../src/wire/frames/message-frame.js';

const crypto = createNobleProvider(() => {});
const MIB = 2 ** 20;

interface Laboratory {
  readonly lane: ReceiveLane;
  readonly memory: MemoryBudget;
  readonly messages: ReceivedMessage[];
}

function laboratory(which: 0 | 1, memoryBytes: number = 24 * MIB): Laboratory {
  const messages: ReceivedMessage[] = [];
  const memory = new MemoryBudget(memoryBytes);
  const credit = { windowBytes: 64 * MIB, maxWindowBytes: 64 * MIB, windowMessages: 16_384 };
  const exporter = new Uint8Array(32);
  const lane: ReceiveLane = new ReceiveLane({
    lane: which,
    chain: new ReceiveChain(crypto, genesis(crypto, new Uint8Array(32), 0, which)),
    leaves: new LaneLeaves({ crypto, exporter, direction: 0, lane: which }),
    credit: new ReceiveCredit(credit),
    memory,
    maxMessageBytes: 16 * MIB,
    dropOldest: () => lane.dropOldest(),
    onMessage: (message) => messages.push(message),
    onDuplicate: () => {},
    onGap: () => {},
  });
  return { lane, memory, messages };
}

/** A piece of message `n`; with `total` when it is the first. */
function piece(n: number, offset: number, data: Uint8Array, total = 0): MessageFrame {
  const frame = new MessageFrame();
  const first = offset === 0;
  return Object.assign(frame, {
    lane: 0,
    n16: n & 0xffff,
    whole: false,
    first,
    offset,
    total,
    data,
  });
}

const DATA = new Uint8Array(5_000).map((_, i) => i * 7);

describe('a message in pieces', () => {
  it('is put together from any cut, in any order and with any overlap', () => {
    const property = fc.property(
      fc.array(fc.tuple(fc.nat(4_999), fc.integer({ min: 1, max: 1_500 })), { maxLength: 20 }),
      (cuts) => {
        const { lane, messages } = laboratory(0);
        for (const [from, length] of cuts) {
          const data = DATA.subarray(from, from + length);
          expect(lane.handle(piece(0, from, data, 5_000), 0)).toBe(0);
        }
        for (let from = 0; from < 5_000; from += 1_000) {
          lane.handle(piece(0, from, DATA.subarray(from, from + 1_000), 5_000), 0);
        }
        expect(messages.map(({ payload }) => payload)).toEqual([DATA]);
      },
    );
    fc.assert(property, { numRuns: 50 });
  });

  it.each([
    ['its total changes', piece(0, 0, DATA.subarray(0, 100), 4_999)],
    ['bytes that were sent before come differently', piece(0, 50, new Uint8Array(100).fill(9))],
    ['a piece reaches beyond its total', piece(0, 4_990, new Uint8Array(11))],
  ])('ends the session when %s', (_, contradiction) => {
    const { lane, messages } = laboratory(0);
    expect(lane.handle(piece(0, 0, DATA.subarray(0, 200), 5_000), 0)).toBe(0);
    expect(lane.handle(contradiction, 0)).toBe(CloseCode.CHAIN_INVALID);
    expect(messages).toHaveLength(0);
  });

  it('ends the session when it claims more than was agreed', () => {
    const { lane } = laboratory(0);
    const claim = piece(0, 0, DATA.subarray(0, 100), 16 * MIB + 1);
    expect(lane.handle(claim, 0)).toBe(CloseCode.MESSAGE_TOO_BIG);
  });

  it('takes memory for what has come, not for what is claimed', () => {
    const { lane, memory } = laboratory(0);
    lane.handle(piece(0, 0, DATA.subarray(0, 100), 16 * MIB), 0);
    expect(memory.used).toBeLessThan(8_192);
  });
});

describe('messages that are never completed', () => {
  it('are at most 1,024 and 30 s old in the lossy lane, and nothing is held of those dropped', () => {
    const { lane, memory } = laboratory(1);
    for (let n = 0; n < 3_000; n++) lane.handle(piece(n, 0, DATA.subarray(0, 100), 5_000), 0);
    expect(lane.partialCount).toBe(1_024);
    expect(memory.used).toBeLessThan(1_024 * 8_192);
    lane.expire(lane.deadline);
    expect(lane.deadline).toBe(Number.POSITIVE_INFINITY);
    expect([lane.partialCount, memory.used]).toEqual([0, 0]);
  });

  it('make room for newer ones when the memory of the peer is used up', () => {
    const { lane, memory, messages } = laboratory(1, 100_000);
    for (let n = 0; n < 100; n++) lane.handle(piece(n, 0, DATA.subarray(0, 100), 5_000), 0);
    expect(memory.used).toBeLessThanOrEqual(100_000 + 5_000);
    for (let at = 0; at < 5_000; at += 1_000) {
      lane.handle(piece(99, at, DATA.subarray(at, at + 1_000), 5_000), 0);
    }
    expect(messages.map(({ n }) => n)).toEqual([99]);
  });

  it('end the session in the ordered lane when they are too many, for there nothing can be given up', () => {
    const { lane } = laboratory(0);
    const verdicts = Array.from({ length: 1_025 }, (_, n) =>
      lane.handle(piece(n, 0, DATA.subarray(0, 100), 5_000), 0),
    );
    expect(verdicts.indexOf(CloseCode.LIMIT_EXCEEDED)).toBe(1_024);
  });
});
