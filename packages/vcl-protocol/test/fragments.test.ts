import { describe, expect, it } from 'vitest';
import { Fragmenter, Reassembler } from '../src/index.js';
import { pattern } from './support/connections.js';

describe("the guide's fragments", () => {
  it('are put together again, whatever their order, without a clock being named', () => {
    const data = pattern(5_000);
    const reassembler = new Reassembler();
    const outcomes = Fragmenter.split(data, 1_200, 7)
      .reverse()
      .map((fragment) => reassembler.add(fragment));
    expect(outcomes.slice(0, -1).every((outcome) => outcome === undefined)).toBe(true);
    expect(outcomes.at(-1)).toEqual(data);
  });

  it('are forgotten by the clock that is given', () => {
    let now = 0;
    const reassembler = new Reassembler({ now: () => now });
    const [first, second] = Fragmenter.split(pattern(100), 60, 1);
    reassembler.add(first!);
    expect(reassembler.pendingCount).toBe(1);
    now = 10 * 60_000;
    expect(reassembler.add(second!)).toBeUndefined();
  });

  it('are held for as many messages as is said', () => {
    const reassembler = Reassembler.withMaxPending(1);
    for (const id of [1, 2]) reassembler.add(Fragmenter.split(pattern(100), 60, id)[0]!);
    expect(reassembler.pendingCount).toBe(1);
    expect(() => Reassembler.withMaxPending(0)).toThrow('maxPending');
  });
});
