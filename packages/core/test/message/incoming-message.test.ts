import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IncomingMessage } from '../../src/message/incoming-message.js';
import { bytes, leavesOf } from './support.js';

const leaves = leavesOf(1);

/** A message of that length of which nothing has arrived. */
function expected(length: number): IncomingMessage {
  const message = new IncomingMessage(5, 0);
  expect(message.describe(length, 3)).toBe(true);
  return message;
}

describe('a message that arrives in pieces', () => {
  it('is whole however it is cut, reordered, repeated and overlapped', () => {
    const scenario = fc.nat(600).chain((length) => {
      const cut = fc.tuple(fc.nat(length), fc.nat(length));
      const cuts = fc.array(cut, { maxLength: 30 });
      return fc.record({ length: fc.constant(length), cuts, firstAt: fc.nat(30) });
    });
    fc.assert(
      fc.property(scenario, ({ length, cuts, firstAt }) => {
        const payload = bytes(length);
        const message = new IncomingMessage(9, 0);
        const naive = new Set<number>();
        let verdict: string = 'new';
        const add = (start: number, end: number): void => {
          verdict = message.add(start, payload.subarray(start, end), leaves);
          for (let at = start; at < end; at++) naive.add(at);
          expect(message.receivedBytes).toBe(naive.size);
          expect(message.end).toBe(naive.size === 0 ? 0 : Math.max(...naive) + 1);
        };
        cuts.forEach(([a, b], i) => {
          if (i === firstAt) expect(message.describe(length, 3)).toBe(true);
          add(Math.min(a, b), Math.max(a, b));
          const isWhole = message.total >= 0 && naive.size === length;
          expect(verdict === 'complete').toBe(isWhole);
        });
        expect(message.describe(length, 3)).toBe(true);
        add(0, length);
        expect(verdict).toBe('complete');
        expect(message.leaf(leaves)).toEqual(leaves.leaf(3, 9, payload));
        expect(message.payload()).toEqual(payload);
      }),
      { numRuns: 60 },
    );
  });

  it('tells new bytes from those it has', () => {
    const message = expected(10);
    expect(message.add(2, bytes(3), leaves)).toBe('new');
    expect(message.add(2, bytes(3), leaves)).toBe('duplicate');
    expect(message.add(3, bytes(2, 7), leaves)).toBe('duplicate');
    expect(message.add(4, bytes(2, 14), leaves)).toBe('new');
  });

  it('is in conflict with bytes that differ from what came before, wherever they overlap', () => {
    for (const changed of [3, 4, 8, 9]) {
      const message = expected(20);
      message.add(3, bytes(20).subarray(3, 5), leaves);
      message.add(8, bytes(20).subarray(8, 10), leaves);
      const altered = bytes(20);
      altered[changed]! ^= 1;
      expect(message.add(0, altered, leaves)).toBe('conflict');
    }
  });

  it('is in conflict with a piece beyond its end', () => {
    expect(expected(10).add(8, bytes(3), leaves)).toBe('conflict');
  });

  it('does not accept another length or kind, nor one that its pieces contradict', () => {
    const message = new IncomingMessage(0, 0);
    message.add(50, bytes(10), leaves);
    expect(message.describe(59, 0)).toBe(false);
    expect(message.describe(60, 0)).toBe(true);
    expect(message.describe(61, 0)).toBe(false);
    expect(message.describe(60, 1)).toBe(false);
    expect(message.describe(60, 0)).toBe(true);
  });

  it('takes memory for what has arrived, not for the length that is claimed', () => {
    const message = new IncomingMessage(0, 0);
    message.describe(16_777_216, 0);
    message.add(0, bytes(100), leaves);
    expect(message.allocated).toBeLessThan(5_000);
    for (let at = 100; at < 100_000; at += 100) message.add(at, bytes(100), leaves);
    expect(message.allocated).toBeLessThan(2.1 * 100_000);
  });

  it('counts the memory that many scattered bytes take', () => {
    const message = new IncomingMessage(0, 0);
    message.add(4_000, bytes(1), leaves);
    const before = message.allocated;
    for (let at = 0; at < 2_000; at += 2) message.add(at, bytes(1), leaves);
    expect(message.allocated - before).toBe(1_000 * 32);
  });

  it('is scattered when it has more holes than an honest path makes', () => {
    const message = new IncomingMessage(0, 0);
    let verdict: string = 'new';
    let pieces = 0;
    while (verdict === 'new') verdict = message.add(2 * pieces++, bytes(1), leaves);
    expect([verdict, pieces]).toEqual(['scattered', 4_097]);
  });

  it('needs no leaves where nobody asks for one', () => {
    const message = expected(4);
    expect(message.add(0, bytes(4))).toBe('complete');
    expect(message.payload()).toEqual(bytes(4));
  });
});
