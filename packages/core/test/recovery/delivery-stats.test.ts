import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeliveryStats } from '../../src/recovery/delivery-stats.js';

describe('DeliveryStats', () => {
  it('has no loss before anything is known', () => {
    const stats = new DeliveryStats();
    stats.onSent();
    expect(stats.lossRate).toBe(0);
    expect(stats.sampleCount).toBe(0);
  });

  it('counts what happened', () => {
    const stats = new DeliveryStats();
    for (let packet = 0; packet < 4; packet++) stats.onSent();
    stats.onAcked();
    const outcome = stats.onLost();
    stats.onRetransmit();
    stats.onSpurious(outcome);
    expect(stats.totalSent).toBe(4);
    expect(stats.totalAcked).toBe(2);
    expect(stats.totalLost).toBe(1);
    expect(stats.totalRetransmits).toBe(1);
    expect(stats.totalSpurious).toBe(1);
  });

  it('looks at the last 128 outcomes only', () => {
    const stats = new DeliveryStats();
    for (let packet = 0; packet < 128; packet++) stats.onLost();
    expect(stats.lossRate).toBe(1);
    for (let packet = 0; packet < 64; packet++) stats.onAcked();
    expect(stats.lossRate).toBe(0.5);
    for (let packet = 0; packet < 64; packet++) stats.onAcked();
    expect(stats.lossRate).toBe(0);
    expect(stats.sampleCount).toBe(128);
  });

  it('takes a spurious loss out of the rate while it is in the window', () => {
    const stats = new DeliveryStats();
    stats.onAcked();
    const outcome = stats.onLost();
    expect(stats.lossRate).toBe(0.5);
    stats.onSpurious(outcome);
    expect(stats.lossRate).toBe(0);
  });

  it('is not thrown off by a spurious loss from before the window', () => {
    const stats = new DeliveryStats();
    const outcome = stats.onLost();
    for (let packet = 0; packet < 128; packet++) stats.onLost();
    stats.onSpurious(outcome);
    expect(stats.lossRate).toBe(1);
  });

  it('forgets everything on reset', () => {
    const stats = new DeliveryStats();
    stats.onSent();
    stats.onLost();
    stats.reset();
    expect(stats.totalSent).toBe(0);
    expect(stats.totalLost).toBe(0);
    expect(stats.lossRate).toBe(0);
  });

  it('agrees with the last 128 entries of a list, whatever happens', () => {
    const event = fc.constantFrom('ack', 'lose', 'late');
    fc.assert(
      fc.property(fc.array(event, { maxLength: 500 }), (events) => {
        const stats = new DeliveryStats();
        const list: number[] = [];
        const open: number[] = [];
        for (const kind of events) {
          if (kind === 'ack') {
            stats.onAcked();
            list.push(0);
          } else if (kind === 'lose') {
            open.push(stats.onLost());
            list.push(1);
          } else if (open.length > 0) {
            const outcome = open.shift()!;
            stats.onSpurious(outcome);
            list[outcome] = 0;
          }
          const recent = list.slice(-128);
          const lost = recent.reduce((sum, value) => sum + value, 0);
          expect(stats.lossRate).toBe(recent.length === 0 ? 0 : lost / recent.length);
        }
      }),
    );
  });
});
