import { describe, expect, it } from 'vitest';
import { AdaptiveReliability } from '../../src/connection/adaptive-reliability.js';
import { DeliveryStats } from '../../src/recovery/delivery-stats.js';

/** Statistics of a path after so many packets, of which the last ones were lost. */
function path(acked: number, lost: number): DeliveryStats {
  const stats = new DeliveryStats();
  for (let i = 0; i < acked; i++) stats.onAcked();
  for (let i = 0; i < lost; i++) stats.onLost();
  return stats;
}

describe('adaptive reliability', () => {
  it('starts reliable', () => {
    expect(new AdaptiveReliability().resolve('adaptive', true, new DeliveryStats())).toBe(
      'reliable',
    );
  });

  it('turns partial at 5 % loss for messages with a deadline, and only for those', () => {
    const adaptive = new AdaptiveReliability();
    expect(adaptive.resolve('adaptive', true, path(122, 6))).toBe('reliable');
    expect(adaptive.resolve('adaptive', true, path(121, 7))).toBe('partial');
    expect(adaptive.resolve('adaptive', false, path(121, 7))).toBe('reliable');
  });

  it('stays partial until the loss is down to 1 %', () => {
    const adaptive = new AdaptiveReliability();
    adaptive.resolve('adaptive', true, path(121, 7));
    expect(adaptive.resolve('adaptive', true, path(126, 2))).toBe('partial');
    expect(adaptive.resolve('adaptive', true, path(127, 1))).toBe('reliable');
    expect(adaptive.resolve('adaptive', true, path(126, 2))).toBe('reliable');
    expect(adaptive.isLossy).toBe(false);
  });

  it('does not judge a path by a few packets', () => {
    const adaptive = new AdaptiveReliability();
    expect(adaptive.resolve('adaptive', true, path(0, 31))).toBe('reliable');
    expect(adaptive.resolve('adaptive', true, path(0, 32))).toBe('partial');
  });

  it('leaves a mode alone that was chosen', () => {
    const adaptive = new AdaptiveReliability();
    for (const mode of ['reliable', 'partial', 'unreliable'] as const) {
      expect(adaptive.resolve(mode, true, path(0, 128))).toBe(mode);
    }
  });
});
