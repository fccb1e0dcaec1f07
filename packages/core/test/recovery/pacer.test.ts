import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NewReno } from '../../src/recovery/congestion/new-reno.js';
import { Pacer } from '../../src/recovery/pacer.js';
import { RttEstimator } from '../../src/recovery/rtt.js';

function pacerAt(rttMs: number, maxDatagramBytes = 1_200): { pacer: Pacer; congestion: NewReno } {
  const rtt = new RttEstimator(rttMs);
  const congestion = new NewReno(maxDatagramBytes);
  return { pacer: new Pacer({ rtt, congestion, maxDatagramBytes }), congestion };
}

describe('Pacer', () => {
  it('runs at 1.25 windows per round trip', () => {
    expect(pacerAt(100).pacer.rateBytesPerMs).toBe((1.25 * 12_000) / 100);
  });

  it('lets a burst of 10 packets through, then asks to wait', () => {
    const { pacer } = pacerAt(100);
    for (let packet = 0; packet < 10; packet++) {
      expect(pacer.availableAt(1_200, 1_000)).toBe(1_000);
      pacer.onSent(1_200, 1_000);
    }
    expect(pacer.availableAt(1_200, 1_000)).toBe(1_008);
    expect(pacer.availableAt(1_200, 1_008)).toBe(1_008);
  });

  it('lets 2 ms of its rate through on a fast path', () => {
    const { pacer } = pacerAt(1);
    expect(pacer.rateBytesPerMs).toBe(15_000);
    expect(pacer.burstBytes).toBe(30_000);
  });

  it('never asks for a timer below 1 ms', () => {
    const { pacer } = pacerAt(1);
    pacer.onSent(30_000, 0);
    expect(pacer.availableAt(1_200, 0)).toBe(1);
  });

  it('stays finite when the round trip cannot be measured', () => {
    const { pacer } = pacerAt(0);
    expect(Number.isFinite(pacer.rateBytesPerMs)).toBe(true);
    expect(pacer.availableAt(1_200, 0)).toBe(0);
  });

  it('makes up for probes that did not ask', () => {
    const { pacer } = pacerAt(100);
    pacer.onSent(12_000, 0);
    pacer.onSent(1_500, 0);
    expect(pacer.availableAt(1_200, 0)).toBe((1_500 + 1_200) / 150);
  });

  it('lets more than a burst go once the bucket is full', () => {
    const { pacer } = pacerAt(100);
    expect(pacer.availableAt(65_535, 0)).toBe(0);
    pacer.onSent(65_535, 0);
    const at = pacer.availableAt(65_535, 0);
    expect(at).toBeCloseTo(65_535 / 150, 6);
    expect(pacer.availableAt(65_535, at)).toBe(at);
  });

  it('follows the datagram size and starts full on another path', () => {
    const { pacer } = pacerAt(100);
    pacer.setMaxDatagramBytes(1_400);
    expect(pacer.burstBytes).toBe(14_000);
    pacer.onSent(20_000, 0);
    pacer.reset();
    expect(pacer.availableAt(1_400, 0)).toBe(0);
  });

  it('is not confused by a clock that stands still or steps back', () => {
    const { pacer } = pacerAt(100);
    pacer.onSent(12_000, 50);
    expect(pacer.availableAt(1_200, 40)).toBe(48);
    expect(pacer.availableAt(1_200, 50)).toBe(58);
  });

  it('keeps its word: at the time it named, the bytes may leave', () => {
    const { pacer } = pacerAt(33.3, 1_357);
    let now = 0.1;
    for (let bytes = 1; bytes <= 1_357; bytes++) {
      pacer.onSent(bytes, now);
      now = pacer.availableAt(13_000 + bytes / 3, now);
      expect(pacer.availableAt(13_000 + bytes / 3, now)).toBe(now);
    }
  });

  it('sends no more than burst plus rate times time, whatever is asked', () => {
    const step = fc.tuple(
      fc.integer({ min: 1, max: 1_200 }),
      fc.double({ min: 0, max: 5, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 200 }), (steps) => {
        const { pacer } = pacerAt(20);
        let now = 0;
        let sent = 0;
        for (const [bytes, wait] of steps) {
          now += wait;
          const at = pacer.availableAt(bytes, now);
          expect(at === now || at >= now + 1).toBe(true);
          if (at !== now) continue;
          pacer.onSent(bytes, now);
          sent += bytes;
          expect(sent).toBeLessThanOrEqual(
            pacer.burstBytes + pacer.rateBytesPerMs * now + steps.length,
          );
        }
      }),
    );
  });
});
