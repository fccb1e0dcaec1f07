import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '../../src/message/outgoing-message.js';
import { outgoing } from './support.js';

/** A message of which everything was scheduled. */
function sent(length: number, reliability: 'reliable' | 'partial' = 'reliable'): OutgoingMessage {
  const message = outgoing(length, { reliability });
  message.scheduled = length;
  message.complete = true;
  return message;
}

/** Sends again what is lost, and tells the ranges. */
function resendAll(message: OutgoingMessage): [number, number][] {
  const ranges: [number, number][] = [];
  while (message.hasLost) {
    const { lostStart, lostEnd } = message;
    ranges.push([lostStart, lostEnd]);
    message.resent(lostStart, lostEnd);
  }
  return ranges;
}

describe('a message on its way out', () => {
  it('has arrived once all of its bytes are acknowledged', () => {
    const message = sent(100);
    expect(message.acknowledge(50, 100)).toBe(false);
    expect(message.acknowledge(0, 20)).toBe(false);
    expect(message.acknowledge(0, 20)).toBe(false);
    expect(message.acknowledge(20, 50)).toBe(true);
  });

  it('has not arrived before its last byte was sent', () => {
    const message = outgoing(100);
    expect(message.acknowledge(0, 100)).toBe(false);
    message.complete = true;
    expect(message.acknowledge(90, 100)).toBe(true);
  });

  it('sends again only what is lost and was not acknowledged', () => {
    const message = sent(100);
    message.acknowledge(20, 30);
    message.acknowledge(60, 70);
    expect(message.lose(10, 90)).toBe(true);
    expect(resendAll(message)).toEqual([
      [10, 20],
      [30, 60],
      [70, 90],
    ]);
    expect(message.lose(22, 28)).toBe(false);
  });

  it('forgets a loss that an acknowledgement disproves', () => {
    const message = sent(100);
    message.lose(0, 100);
    message.acknowledge(0, 60);
    expect(resendAll(message)).toEqual([[60, 100]]);
  });

  it('can lose an empty message like any other', () => {
    const message = sent(0);
    expect(message.lose(0, 0)).toBe(true);
    expect([message.lostStart, message.lostEnd]).toEqual([0, 0]);
    message.resent(0, 0);
    expect(message.hasLost).toBe(false);
    expect(message.acknowledge(0, 0)).toBe(true);
  });

  it('lets go of its payload and of everything lost when it is settled', () => {
    const message = sent(100);
    message.lose(0, 50);
    message.settle('abandoned');
    expect(message.payload).toHaveLength(0);
    expect([message.hasLost, message.lose(0, 10), message.acknowledge(0, 100)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('may be tried again only when it is partial', () => {
    expect(outgoing(1, { reliability: 'partial', maxRetries: 3 }).retriesLeft).toBe(3);
    expect(outgoing(1, { reliability: 'unreliable', maxRetries: 3 }).retriesLeft).toBe(0);
  });

  it('keeps account of every byte like a set of numbers', () => {
    const range = fc.tuple(fc.nat(39), fc.nat(40)).map(([a, b]) => [Math.min(a, b), a + b + 1]);
    const step = fc.record({ kind: fc.constantFrom('ack', 'lose', 'resend'), range });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const message = sent(80);
        const acked = new Set<number>();
        const lost = new Set<number>();
        for (const {
          kind,
          range: [start = 0, end = 0],
        } of steps) {
          const numbers = Array.from({ length: 80 }, (_, i) => i).slice(start, end);
          if (kind === 'ack') {
            const isWhole = message.acknowledge(start, Math.min(end, 80));
            for (const n of numbers) acked.add(n);
            for (const n of numbers) lost.delete(n);
            expect(isWhole).toBe(acked.size === 80);
          } else if (kind === 'lose') {
            message.lose(start, Math.min(end, 80));
            for (const n of numbers) if (!acked.has(n)) lost.add(n);
          } else if (message.hasLost) {
            const { lostStart, lostEnd } = message;
            expect(lostStart).toBe(Math.min(...lost));
            message.resent(lostStart, lostEnd);
            for (let n = lostStart; n < lostEnd; n++) expect(lost.delete(n)).toBe(true);
          }
          expect(message.hasLost).toBe(lost.size > 0);
        }
      }),
    );
  });
});
