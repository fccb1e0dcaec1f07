import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../src/message/memory-budget.js';
import { CloseCode } from '../../src/wire/close-codes.js';
import { inRecords, pieceFrame, wholeFrame } from './frames.js';
import { Rogue, type RogueOptions } from './rogue.js';

const MIB = 1024 * 1024;
const WIDE: RogueOptions = {
  victimParams: { initialCreditReliableBytes: 16 * MIB, initialCreditLossyBytes: 16 * MIB },
};

function rogueWith(options: RogueOptions = {}) {
  const memory = new MemoryBudget(48 * MIB);
  const rogue = new Rogue({ memory, ...options });
  rogue.receive();
  return { rogue, memory };
}

/** Pieces of one byte, each with a hole behind it. */
function scattered(lane: number, n: number, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) =>
    pieceFrame(lane, n, 2 * i, Uint8Array.of(i & 255), 2 * count + 9),
  );
}

describe('pieces of one byte with holes between them', () => {
  it('end the session in lane R when they are more than any honest path makes', () => {
    const { rogue } = rogueWith(WIDE);
    for (const record of inRecords(scattered(0, 0, 5_000))) rogue.send(...record);
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('cost the message in lane L, and are asked for once', () => {
    const { rogue, memory } = rogueWith(WIDE);
    for (let n = 0; n < 4; n++) {
      for (const record of inRecords(scattered(1, n, 4_200))) rogue.send(...record);
      rogue.receive();
    }
    expect(rogue.code).toBe(-1);
    expect(memory.used).toBe(0);
    expect(rogue.victim.drops.get('duplicate-message')).toBeGreaterThan(0);
  });

  it('are counted with what remembering them takes', () => {
    const { rogue, memory } = rogueWith(WIDE);
    for (const record of inRecords(scattered(0, 0, 2_000))) rogue.send(...record);
    expect(memory.used).toBeGreaterThan(2_000 * 32);
  });
});

describe('pieces that contradict each other', () => {
  it.each([
    ['another total', () => pieceFrame(0, 0, 0, Uint8Array.of(1), 51)],
    ['other bytes', () => pieceFrame(0, 0, 0, Uint8Array.of(9), 50)],
    ['a piece beyond the total', () => pieceFrame(0, 0, 49, Uint8Array.of(1, 2))],
    ['the whole of it, but shorter', () => wholeFrame(0, 0, Uint8Array.of(1, 2))],
  ])('end the session: %s', (_, contradiction) => {
    const { rogue } = rogueWith();
    rogue.send(pieceFrame(0, 0, 0, Uint8Array.of(1), 50));
    expect(rogue.code).toBe(-1);
    rogue.send(contradiction());
    expect(rogue.code).toBe(CloseCode.CHAIN_INVALID);
  });
});

describe('messages that are never finished', () => {
  it('end the session in lane R beyond 1,024', () => {
    const { rogue } = rogueWith(WIDE);
    const firsts = Array.from({ length: 1_030 }, (_, n) =>
      pieceFrame(0, n, 0, Uint8Array.of(1), 50),
    );
    for (const record of inRecords(firsts)) rogue.send(...record);
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
  });

  it('push the oldest out in lane L, within bounded memory', () => {
    const { rogue, memory } = rogueWith(WIDE);
    const firsts = Array.from({ length: 7_000 }, (_, n) =>
      pieceFrame(1, n, 0, Uint8Array.of(1), 50),
    );
    for (const record of inRecords(firsts)) {
      rogue.now += 1;
      rogue.send(...record);
      rogue.receive();
    }
    expect(rogue.code).toBe(-1);
    expect(memory.used).toBeLessThan(1_024 * 5_000);
  });

  it('are forgotten after 30 s in lane L', () => {
    const { rogue, memory } = rogueWith(WIDE);
    for (let n = 0; n < 100; n++) rogue.send(pieceFrame(1, n, 0, Uint8Array.of(1), 50));
    expect(memory.used).toBeGreaterThan(0);
    rogue.wait(31_000);
    expect(memory.used).toBe(0);
  });

  it('take the memory for what arrived, not for what was claimed', () => {
    const { rogue, memory } = rogueWith(WIDE);
    rogue.send(pieceFrame(0, 0, 0, Uint8Array.of(1), 16 * MIB));
    expect(memory.used).toBeLessThan(8_192);
  });

  it('cost credit up to their furthest byte', () => {
    const { rogue, memory } = rogueWith();
    rogue.send(pieceFrame(0, 0, 10_000_000, Uint8Array.of(1)));
    expect(rogue.code).toBe(CloseCode.FLOW_CONTROL);
    expect(memory.used).toBeLessThan(8_192);
  });

  it('are let go of when the session ends', () => {
    const { rogue, memory } = rogueWith(WIDE);
    for (let n = 0; n < 100; n++) rogue.send(pieceFrame(0, n, 0, new Uint8Array(500), 1_000));
    expect(memory.used).toBeGreaterThan(50_000);
    rogue.victim.fail(0, 0, '');
    rogue.wait(10_000);
    expect(memory.used).toBe(0);
  });
});

describe('numbers far ahead', () => {
  it.each([
    ['R', 0, 16_384],
    ['L', 1, 8_192],
  ])('end the session in lane %s', (_, lane, distance) => {
    const { rogue } = rogueWith();
    rogue.send(wholeFrame(lane, distance - 1, Uint8Array.of(1)));
    expect(rogue.code).toBe(-1);
    // Lane L counts from the highest number seen.
    rogue.send(wholeFrame(lane, lane === 0 ? distance : 2 * distance, Uint8Array.of(1)));
    expect(rogue.code).toBe(CloseCode.LIMIT_EXCEEDED);
  });
});

describe('messages beyond credit', () => {
  it('end the session', () => {
    const { rogue } = rogueWith();
    const payload = new Uint8Array(1_000);
    for (let n = 0; n < 100 && rogue.code < 0; n++) rogue.send(wholeFrame(0, n, payload));
    expect(rogue.code).toBe(CloseCode.FLOW_CONTROL);
  });

  it('of no byte at all are limited by their number', () => {
    const { rogue } = rogueWith();
    const empty = Array.from({ length: 16_500 }, (_, n) => wholeFrame(0, n, new Uint8Array(0)));
    for (const record of inRecords(empty)) rogue.send(...record);
    // 8 is what a peer gets that signs nothing for so many.
    expect([CloseCode.FLOW_CONTROL, CloseCode.SIGNATURE_OVERDUE]).toContain(rogue.code);
  });
});

describe('the memory of a process', () => {
  it('is taken from the peers who hold the most when another one needs it', () => {
    const memory = new MemoryBudget(300_000);
    const greedy = [1, 2].map(() => rogueWith({ ...WIDE, memory }).rogue);
    for (const rogue of greedy) {
      for (let n = 0; n < 30; n++) rogue.send(pieceFrame(0, n, 0, new Uint8Array(1_000), 4_900));
    }
    expect(memory.used).toBeGreaterThan(200_000);
    const { rogue: modest } = rogueWith({ ...WIDE, memory });
    for (let n = 0; n < 15; n++) {
      modest.send(pieceFrame(0, n, 0, new Uint8Array(1_000), 4_900));
      expect(modest.code).toBe(-1);
    }
    expect(memory.used).toBeLessThanOrEqual(300_000);
    expect(greedy.map(({ code }) => code)).toContain(CloseCode.LIMIT_EXCEEDED);
    expect(memory.evictions).toBeGreaterThan(0);
  });

  it('costs a greedy peer its lossy messages before its session', () => {
    const memory = new MemoryBudget(300_000);
    const { rogue: greedy } = rogueWith({ ...WIDE, memory });
    for (let n = 0; n < 55; n++) greedy.send(pieceFrame(1, n, 0, new Uint8Array(1_000), 4_900));
    const { rogue: modest } = rogueWith({ ...WIDE, memory });
    for (let n = 0; n < 20; n++) modest.send(pieceFrame(0, n, 0, new Uint8Array(1_000), 4_900));
    expect([greedy.code, modest.code]).toEqual([-1, -1]);
    expect(greedy.victim.drops.get('memory-evicted')).toBe(memory.evictions);
    expect(modest.victim.drops.get('memory-evicted')).toBe(0);
    expect(memory.used).toBeLessThanOrEqual(300_000);
    expect(memory.evictions).toBeGreaterThan(0);
  });
});
