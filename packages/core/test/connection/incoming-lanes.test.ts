import { describe, expect, it } from 'vitest';
import { genesis, ReceiveChain } from '../../src/chain/lane-chain.js';
import type { ConnectionEvent } from '../../src/connection/connection-event.js';
import { ConnectionCounters } from '../../src/connection/connection-options.js';
import { DropCounters } from '../../src/connection/drop-reason.js';
import { IncomingLanes } from '../../src/connection/incoming-lanes.js';
import { Fifo } from '../../src/fifo.js';
import { ReceiveCredit } from '../../src/message/credit.js';
import { MemoryBudget } from '../../src/message/memory-budget.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { bytes, crypto, leavesOf, pieceFrame, wholeFrame } from '../message/support.js';

const WINDOW = 10_000;

/** Both lanes on their way in with what they told the connection. */
function lanes(options: { signed?: boolean; finalThrough?: number } = {}) {
  const { signed = true, finalThrough = Number.POSITIVE_INFINITY } = options;
  const credit = (): ReceiveCredit =>
    new ReceiveCredit({ windowBytes: WINDOW, maxWindowBytes: WINDOW, windowMessages: 100 });
  const chain = (lane: 0 | 1): ReceiveChain =>
    new ReceiveChain(crypto, genesis(crypto, new Uint8Array(32), 0, lane));
  const credits = [credit(), credit()] as const;
  const leaves = [leavesOf(0), leavesOf(1)] as const;
  const events = new Fifo<ConnectionEvent>();
  const uncovered: [number, number][] = [];
  const made = new IncomingLanes({
    direction: 0,
    leaves,
    chains: [chain(0), chain(1)],
    credits,
    memory: new MemoryBudget(1_000_000),
    maxMessageBytes: 1_000_000,
    signed,
    events,
    drops: new DropCounters(),
    counters: new ConnectionCounters(),
    log: undefined,
    rttMs: () => 10,
    onUncovered: (lane, through) => uncovered.push([lane, through]),
    onCreditWanted: () => {},
    now: () => 0,
    isBeyondFinal: (_, n) => n >= finalThrough,
  });
  const types = (): string[] => {
    const seen: string[] = [];
    for (let event = events.poll(); event !== undefined; event = events.poll())
      seen.push(event.type);
    return seen;
  };
  return { lanes: made, credits, uncovered, types, leaves };
}

describe('messages that arrived', () => {
  it('want a signature only as far as they are whole', () => {
    const { lanes: made, uncovered } = lanes();
    made.handle(wholeFrame(1, 2, bytes(10)), 0);
    made.handle(pieceFrame(1, 7, bytes(100), 0, 10), 0);
    made.handle(wholeFrame(1, 4, bytes(10)), 0);
    made.handle(wholeFrame(0, 1, bytes(10)), 0);
    made.handle(wholeFrame(0, 0, bytes(10)), 0);
    expect(uncovered).toEqual([
      [1, 3],
      [1, 5],
      [0, 1],
      [0, 2],
    ]);
  });

  it('are announced once until all of them are taken', () => {
    const { lanes: made, types } = lanes({ signed: false });
    made.open();
    for (const n of [0, 1]) made.handle(wholeFrame(0, n, bytes(10)), 0);
    expect(types()).toEqual(['readable']);
    made.take(0);
    made.drained();
    made.handle(wholeFrame(0, 2, bytes(10)), 0);
    expect(types()).toEqual([]);
    while (made.take(0) !== undefined) made.drained();
    made.drained();
    made.handle(wholeFrame(0, 3, bytes(10)), 0);
    expect(types()).toEqual(['readable']);
  });

  it('beyond FINAL are not handed over but refused', () => {
    for (const signed of [true, false]) {
      const { lanes: made, types } = lanes({ signed, finalThrough: 1 });
      made.open();
      expect(made.handle(wholeFrame(0, 0, bytes(10)), 0)).toBe(0);
      expect(made.handle(wholeFrame(0, 1, bytes(10)), 0)).toBe(CloseCode.CHAIN_INVALID);
      expect(made.delivery.unverifiedCount(0)).toBe(1);
      expect(types()).toEqual(signed ? [] : ['readable']);
    }
  });
});

describe('a gap', () => {
  it('is reported with its place in the chain, and wants a signature', () => {
    const { lanes: made, uncovered, types, leaves } = lanes();
    const leaf = leaves[1].leaf(0, 3, bytes(5));
    expect(made.handleGap({ lane: 1, n: 3, length: 5, leaf }, 0)).toBe(0);
    expect([uncovered, types()]).toEqual([[[1, 4]], ['gap']]);
  });

  it('in the ordered lane or beyond FINAL is against the rules', () => {
    const { lanes: made } = lanes({ finalThrough: 3 });
    const leaf = new Uint8Array(32);
    const inR = made.handleGap({ lane: 0, n: 0, length: 5, leaf }, 0);
    expect(inR).toBe(CloseCode.PROTOCOL_VIOLATION);
    const beyond = made.handleGap({ lane: 1, n: 3, length: 5, leaf }, 0);
    expect(beyond).toBe(CloseCode.CHAIN_INVALID);
  });
});

describe('credit', () => {
  it('comes back when a message is taken, not when it arrives', () => {
    const { lanes: made, credits } = lanes({ signed: false });
    made.open();
    made.handle(wholeFrame(0, 0, bytes(9_000)), 0);
    credits[0].grant();
    expect(credits[0].grantedBytes).toBe(WINDOW);
    made.take(0);
    credits[0].grant();
    expect(credits[0].grantedBytes).toBe(WINDOW + 9_000);
  });

  it('is given ahead for a message under way only while nothing else is held', () => {
    const { lanes: made, credits } = lanes({ signed: true });
    made.open();
    made.handle(wholeFrame(1, 0, bytes(10)), 0);
    made.handle(pieceFrame(0, 0, bytes(50_000), 0, 5_000), 0);
    credits[0].grant();
    expect(credits[0].grantedBytes).toBe(WINDOW);
    made.verified(0, 1);
    made.take(0);
    credits[0].grant();
    expect(credits[0].grantedBytes).toBe(WINDOW + 5_000);
  });

  it('follows a statement where the messages before were taken without one', () => {
    const { lanes: made, credits } = lanes({ signed: false });
    made.open();
    made.handle(wholeFrame(0, 0, bytes(10)), 0);
    made.take(0);
    made.handle(pieceFrame(0, 1, bytes(50_000), 0, 5_000), 0);
    credits[0].grant();
    expect(credits[0].grantedBytes).toBe(WINDOW + 10 + 5_000);
  });

  it('of a late message whose gap came first is not given twice', () => {
    const { lanes: made, credits, leaves } = lanes({ signed: false });
    made.open();
    const leaf = leaves[1].leaf(0, 0, bytes(400));
    made.handleGap({ lane: 1, n: 0, length: 400, leaf }, 0);
    made.handle(wholeFrame(1, 0, bytes(400)), 0);
    expect(made.take(0)?.payload).toEqual(bytes(400));
    credits[1].grant();
    expect(credits[1].grantedBytes).toBe(WINDOW + 400);
  });
});
