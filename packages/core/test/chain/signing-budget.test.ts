import { describe, expect, it } from 'vitest';
import { SigningBudget } from '../../src/chain/signing-budget.js';
import { Sender } from './statement-support.js';

/** Signs for a while whatever is due, a message a millisecond in each session that is busy. */
function signFor(ms: number, busy: readonly Sender[]): number[] {
  const signed = busy.map(() => 0);
  for (let now = 0; now < ms; now++) {
    busy.forEach((sender, i) => {
      sender.now = now;
      sender.number();
      if (!sender.due('empty')) return;
      sender.sign();
      signed[i]!++;
    });
  }
  return signed;
}

describe('a budget for signing that sessions share', () => {
  it('leaves all of it to the one that has something to sign', () => {
    const signingBudget = new SigningBudget(100);
    const senders = Array.from({ length: 50 }, () => Sender.opened({ signingBudget }));
    const [signed] = signFor(10_000, senders.slice(0, 1));
    expect(signed).toBeGreaterThan(900);
    expect(signed).toBeLessThanOrEqual(1_000 + 5);
  });

  it('never lets a message wait longer than the 50 ms of a session that is alone', () => {
    const signingBudget = new SigningBudget(100);
    const senders = Array.from({ length: 20 }, () => Sender.opened({ signingBudget }));
    for (const signed of signFor(5_000, senders)) expect(signed).toBeGreaterThanOrEqual(98);
  });

  it('has nobody ask again at once when it is used up', () => {
    const budget = new SigningBudget(1_000);
    expect(budget.availableAt(0)).toBe(0);
    for (let i = 0; i < 50; i++) budget.take(0);
    expect(budget.availableAt(0)).toBe(25);
    expect(budget.availableAt(10)).toBe(10);
  });
});
