import { describe, expect, it } from 'vitest';
import { MemoryBudget } from '../../src/message/memory-budget.js';

describe('a memory budget', () => {
  it('says when what it counted is too much, and takes it back', () => {
    const budget = new MemoryBudget(100);
    expect(budget.take(100)).toBe(true);
    expect(budget.take(1)).toBe(false);
    expect([budget.used, budget.isOver]).toEqual([101, true]);
    budget.give(1);
    expect(budget.isOver).toBe(false);
  });

  it('is over when the budget around it is, whoever used that up', () => {
    const process = new MemoryBudget(150);
    const one = new MemoryBudget(100, process);
    const other = new MemoryBudget(100, process);
    expect(one.take(100)).toBe(true);
    expect(other.take(60)).toBe(false);
    expect(one.isOver).toBe(true);
    one.give(20);
    expect([process.used, other.isOver]).toEqual([140, false]);
  });
});
