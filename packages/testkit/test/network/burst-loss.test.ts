import { describe, expect, it } from 'vitest';
import { BurstLoss } from '../../src/network/burst-loss.js';
import { SeededRandom } from '../../src/random.js';

const TRIALS = 200_000;

function measure(loss: number, burst: number): { loss: number; burst: number } {
  const model = new BurstLoss(new SeededRandom(`${loss} ${burst}`));
  let lost = 0;
  let bursts = 0;
  let before = false;
  for (let index = 0; index < TRIALS; index++) {
    const isLost = model.isLost(loss, burst);
    if (isLost) lost++;
    if (isLost && !before) bursts++;
    before = isLost;
  }
  return { loss: lost / TRIALS, burst: lost / bursts };
}

describe('BurstLoss', () => {
  it.each([
    [0.01, 1.5],
    [0.1, 2],
    [0.3, 3],
    [0.3, 10],
    [0.5, 4],
  ])('meets an average loss of %d in bursts of %d', (loss, burst) => {
    const measured = measure(loss, burst);
    expect(Math.abs(measured.loss / loss - 1)).toBeLessThan(0.08);
    expect(Math.abs(measured.burst / burst - 1)).toBeLessThan(0.08);
  });

  it.each([0.05, 0.3, 0.8])('loses independently at burst 1: %d', (loss) => {
    const measured = measure(loss, 1);
    expect(Math.abs(measured.loss / loss - 1)).toBeLessThan(0.05);
    expect(Math.abs(measured.burst * (1 - loss) - 1)).toBeLessThan(0.05);
  });

  it('keeps the average loss when such short bursts cannot reach it', () => {
    const measured = measure(0.9, 2);
    expect(measured.loss).toBeCloseTo(0.9, 2);
    expect(measured.burst).toBeCloseTo(9, 0);
  });

  it('loses nothing at 0 and everything at 1', () => {
    const model = new BurstLoss(new SeededRandom('ends'));
    for (let index = 0; index < 1000; index++) {
      expect(model.isLost(1, 5)).toBe(true);
      expect(model.isLost(0, 5)).toBe(false);
    }
  });

  it('draws one number a datagram, whatever the conditions', () => {
    const random = new SeededRandom('stream');
    const model = new BurstLoss(random);
    for (const [loss, burst] of [
      [0, 1],
      [1, 1],
      [0.5, 1],
      [0.2, 3],
    ] as const) {
      model.isLost(loss, burst);
    }
    const other = new SeededRandom('stream');
    for (let index = 0; index < 4; index++) other.next();
    expect(random.u32()).toBe(other.u32());
  });
});
