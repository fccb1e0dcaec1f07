import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BandwidthQueue } from '../../src/network/bandwidth-queue.js';

const UNLIMITED = Number.POSITIVE_INFINITY;

describe('BandwidthQueue', () => {
  it('lets everything through at once without a rate', () => {
    const queue = new BandwidthQueue();
    expect(queue.enter(1500, 0, 3)).toBe(3);
    expect(queue.backlogBytes(3)).toBe(0);
  });

  it('serialises one datagram after the other', () => {
    const queue = new BandwidthQueue();
    queue.setRate(8_000_000, 0);
    expect(queue.enter(1000, UNLIMITED, 0)).toBe(1);
    expect(queue.enter(1000, UNLIMITED, 0)).toBe(2);
    expect(queue.enter(1000, UNLIMITED, 1.5)).toBe(3);
    expect(queue.enter(1000, UNLIMITED, 10)).toBe(11);
  });

  it('drops what does not fit, but never what finds the line idle', () => {
    const queue = new BandwidthQueue();
    queue.setRate(8_000_000, 0);
    expect(queue.enter(1500, 1000, 0)).toBe(1.5);
    expect(queue.enter(100, 1000, 0)).toBe(-1);
    expect(queue.enter(100, 1000, 0.6)).toBeCloseTo(1.6, 9);
  });

  it('drains what waits at the new rate', () => {
    const queue = new BandwidthQueue();
    queue.setRate(8_000_000, 0);
    queue.enter(2000, UNLIMITED, 0);
    queue.setRate(800_000, 1);
    expect(queue.backlogBytes(1)).toBeCloseTo(1000, 9);
    expect(queue.backlogBytes(6)).toBeCloseTo(500, 9);
    expect(queue.enter(500, UNLIMITED, 6)).toBeCloseTo(16, 9);
  });

  it('agrees with a plain line that serves datagrams one by one', () => {
    const datagram = fc.record({ bytes: fc.integer({ min: 1, max: 1500 }), gapMs: fc.nat(5) });
    fc.assert(
      fc.property(fc.array(datagram, { maxLength: 100 }), (datagrams) => {
        const queue = new BandwidthQueue();
        queue.setRate(2_000_000, 0);
        let now = 0;
        let freeAtMs = 0;
        for (const { bytes, gapMs } of datagrams) {
          now += gapMs;
          freeAtMs = Math.max(freeAtMs, now) + (bytes * 8) / 2000;
          expect(queue.enter(bytes, UNLIMITED, now)).toBeCloseTo(freeAtMs, 6);
        }
      }),
    );
  });
});
