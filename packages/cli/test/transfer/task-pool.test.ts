import { describe, expect, it } from 'vitest';
import { TaskPool } from '../../src/transfer/files/task-pool.js';

describe('a task pool', () => {
  it('runs no more tasks than it may, by number and by weight', async () => {
    const pool = new TaskPool({ maxTasks: 3, maxWeight: 10 });
    let running = 0;
    let weight = 0;
    const seen: { running: number; weight: number }[] = [];
    for (const one of [4, 4, 1, 1, 1, 9, 20, 1]) {
      await pool.add(one, async () => {
        running++;
        weight += one;
        seen.push({ running, weight });
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        weight -= one;
      });
    }
    await pool.drain();
    expect(seen).toHaveLength(8);
    expect(Math.max(...seen.map((each) => each.running))).toBe(3);
    // One that weighs too much for all runs alone.
    expect(seen.filter((each) => each.weight > 10)).toEqual([{ running: 1, weight: 20 }]);
    expect([running, weight]).toEqual([0, 0]);
  });
});
