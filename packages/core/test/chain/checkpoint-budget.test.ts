import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CheckpointBudget } from '../../src/chain/checkpoint-budget.js';

function takeAll(budget: CheckpointBudget, now: number): number {
  let taken = 0;
  while (budget.take(now)) taken++;
  return taken;
}

describe('the budget for statements', () => {
  it.each([
    [2_000, 100],
    [200, 10],
    [20, 1],
    [10, 1],
  ])('of %i a second holds 5 ms of work: %i', (rate, burst) => {
    expect(takeAll(new CheckpointBudget(rate), 0)).toBe(burst);
  });

  it('earns its rate and no more than its burst', () => {
    const budget = new CheckpointBudget(200);
    takeAll(budget, 1_000);
    expect(takeAll(budget, 1_020)).toBe(4);
    expect(takeAll(budget, 999_999)).toBe(10);
  });

  it('is not confused by a clock that stands still or goes back', () => {
    const budget = new CheckpointBudget(100);
    expect(takeAll(budget, 500)).toBe(5);
    expect(takeAll(budget, 400)).toBe(0);
    expect(takeAll(budget, 500)).toBe(0);
    expect(takeAll(budget, 510)).toBe(1);
  });

  it('keeps its word about when there is a token, and is never above its rate', () => {
    const property = fc.property(
      fc.integer({ min: 10, max: 2_000 }),
      fc.constantFrom(0, 1_700_000_000_000),
      fc.array(fc.double({ min: 0, max: 30, noNaN: true }), { maxLength: 100 }),
      (rate, start, waits) => {
        const budget = new CheckpointBudget(rate);
        const burst = takeAll(budget, start);
        let now: number = start;
        let taken = 0;
        for (const wait of waits) {
          now += wait;
          const at = budget.availableAt(now);
          expect(at).toBeGreaterThanOrEqual(now);
          now = at;
          expect(budget.take(now)).toBe(true);
          taken++;
        }
        const elapsedSeconds = (now - start) / 1_000;
        expect(taken).toBeLessThanOrEqual(rate * elapsedSeconds + burst + 1);
      },
    );
    fc.assert(property);
  });

  it('can have another burst', () => {
    expect(takeAll(new CheckpointBudget(10, 600), 0)).toBe(600);
  });
});
