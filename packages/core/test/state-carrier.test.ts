import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type StateCarrier, StateReader, StateWriter } from '../src/state-carrier.js';

const EDGES = [
  ...[0, -0, 1, -1, 249, 250, 255, 256, -2, 0.5, 2 ** 31, 2 ** 53 - 1],
  ...[Number.MIN_VALUE, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN],
];

/** What becomes of `fields` on the way through a record. */
function through<T>(write: (state: StateCarrier) => void, read: (state: StateCarrier) => T): T {
  const writer = new StateWriter();
  write(writer);
  const reader = new StateReader(writer.record);
  const value = read(reader);
  expect(reader.isDone).toBe(true);
  return value;
}

describe('the record of a state', () => {
  it('has every number, exactly', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.double(), fc.integer(), fc.constantFrom(...EDGES))),
        (all) => {
          const read = through(
            (state) => all.map((n) => state.number(n)),
            (state) => all.map(() => state.number(7)),
          );
          expect(read.every((n, i) => Object.is(n, all[i]))).toBe(true);
        },
      ),
    );
  });

  it('has flags and bytes, of which a reader gets a copy', () => {
    const bytes = Uint8Array.from({ length: 5_000 }, (_, i) => i & 0xff);
    const fields = (state: StateCarrier, flag: boolean, value: Uint8Array) =>
      [state.flag(flag), state.bytes(value), state.flag(!flag)] as const;
    const writer = new StateWriter();
    expect(fields(writer, true, bytes)[1]).toBe(bytes);
    const { record } = writer;
    const read = fields(new StateReader(record), false, new Uint8Array(0));
    expect(read).toEqual([true, bytes, false]);
    record.block.fill(0);
    expect(read[1]).toEqual(bytes);
  });

  it('keeps objects as they are, and nothing for what is not there', () => {
    const object = { a: 1 };
    const writer = new StateWriter();
    writer.keep(object);
    writer.keep(undefined);
    expect(writer.record.kept).toEqual([object]);
    const reader = new StateReader(writer.record);
    expect(reader.keep<object | undefined>(undefined)).toBe(object);
    expect(reader.keep<object | undefined>(object)).toBeUndefined();
    expect(reader.isDone).toBe(true);
  });

  it('has lists of any length', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 600 }), (all) => {
        const carry = (state: StateCarrier, items: readonly number[]) =>
          state.list(items, (n) => state.number(n ?? 0));
        const read = through(
          (state) => carry(state, all),
          (state) => carry(state, [1, 2]),
        );
        expect(read).toEqual(all);
      }),
      { numRuns: 30 },
    );
  });

  it('takes a byte for a small number, and nine for another', () => {
    const writer = new StateWriter();
    for (const n of [0, 249, -1, Number.POSITIVE_INFINITY]) writer.number(n);
    expect(writer.record.block).toHaveLength(4);
    writer.number(250);
    expect(writer.record.block).toHaveLength(13);
  });
});
