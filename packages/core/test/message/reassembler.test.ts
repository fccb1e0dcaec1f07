import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fragment } from '../../src/message/fragment.js';
import { Fragmenter } from '../../src/message/fragmenter.js';
import { Reassembler, type ReassemblerOptions } from '../../src/message/reassembler.js';
import { bytes } from './support.js';

let now = 0;

function reassembler(options: Partial<ReassemblerOptions> = {}): Reassembler {
  now = 0;
  return new Reassembler({ now: () => now, ...options });
}

/** Adds fragments in turn. @returns what came out of the last one */
function addAll(to: Reassembler, fragments: readonly Fragment[]): Uint8Array | undefined {
  let out: Uint8Array | undefined;
  for (const fragment of fragments) out = to.add(fragment);
  return out;
}

describe('the reassembler', () => {
  it('gives a message back in whatever order its fragments come, and however often', () => {
    const scenario = fc.record({
      data: fc.uint8Array({ minLength: 1, maxLength: 400 }),
      size: fc.integer({ min: 1, max: 100 }),
      order: fc.array(fc.nat(), { minLength: 1, maxLength: 40 }),
    });
    fc.assert(
      fc.property(scenario, ({ data, size, order }) => {
        const to = reassembler();
        const fragments = Fragmenter.split(data, size, 3);
        const missing = new Set(fragments);
        for (const pick of [...order, ...fragments.keys()]) {
          const fragment = fragments[pick % fragments.length]!;
          const out = to.add(fragment);
          missing.delete(fragment);
          expect(out).toEqual(missing.size > 0 ? undefined : data);
          if (missing.size === 0) return;
        }
      }),
    );
  });

  it('keeps messages apart by their ids', () => {
    const to = reassembler();
    const one = Fragmenter.split(bytes(10), 4, 1);
    const other = Fragmenter.split(bytes(9, 50), 4, 2);
    to.add(one[0]!);
    to.add(other[0]!);
    to.add(one[2]!);
    to.add(other[2]!);
    expect(to.pendingCount).toBe(2);
    expect(to.add(other[1]!)).toEqual(bytes(9, 50));
    expect(to.add(one[1]!)).toEqual(bytes(10));
    expect([to.pendingCount, to.droppedCount]).toEqual([0, 0]);
  });

  it('takes an empty message and a single fragment at once, even when it is full', () => {
    const to = reassembler({ maxPending: 1 });
    to.add(Fragmenter.split(bytes(10), 4, 1)[0]!);
    expect(to.add(Fragmenter.split(new Uint8Array(), 4, 2)[0]!)).toEqual(new Uint8Array());
    expect(to.add(Fragmenter.split(bytes(3), 4, 3)[0]!)).toEqual(bytes(3));
    expect(to.pendingCount).toBe(1);
  });

  it.each([
    ['another total', new Fragment(1, 1, 4, bytes(4))],
    ['a fragment of another size', new Fragment(1, 1, 3, bytes(5))],
    ['an empty fragment', new Fragment(1, 1, 3, new Uint8Array())],
    ['a last fragment that is too long', new Fragment(1, 2, 3, bytes(5))],
    ['other bytes for the same place', new Fragment(1, 0, 3, bytes(4, 1))],
    ['a whole message of the same id', new Fragment(1, 0, 1, bytes(4, 1))],
  ])('drops a message that is contradicted by %s', (_, contradiction) => {
    const to = reassembler();
    const fragments = Fragmenter.split(bytes(10), 4, 1);
    to.add(fragments[0]!);
    to.add(contradiction);
    expect([to.pendingCount, to.droppedCount]).toEqual([0, 1]);
    expect(addAll(to, fragments)).toEqual(bytes(10));
  });

  it('drops a message whose two last fragments differ before any other has come', () => {
    const to = reassembler();
    to.add(new Fragment(1, 2, 3, bytes(4)));
    to.add(new Fragment(1, 2, 3, bytes(4)));
    expect(to.pendingCount).toBe(1);
    to.add(new Fragment(1, 2, 3, bytes(4, 9)));
    expect([to.pendingCount, to.droppedCount]).toEqual([0, 1]);
  });

  it('gives messages up that stay incomplete for 30 seconds', () => {
    const to = reassembler();
    const [first, ...rest] = Fragmenter.split(bytes(10), 4, 1);
    to.add(first!);
    now = 29_999;
    to.add(Fragmenter.split(bytes(10), 4, 2)[0]!);
    expect(to.pendingCount).toBe(2);
    now = 30_000;
    expect(addAll(to, rest)).toBeUndefined();
    expect(to.droppedCount).toBe(1);
  });

  it('drops the oldest of 256 incomplete messages for another one', () => {
    const to = reassembler();
    const split = (id: number): Fragment[] => Fragmenter.split(bytes(8), 4, id);
    for (let id = 0; id < 257; id++) to.add(split(id)[0]!);
    expect([to.pendingCount, to.droppedCount]).toEqual([256, 1]);
    expect(to.add(split(1)[1]!)).toEqual(bytes(8));
    expect(to.add(split(0)[1]!)).toBeUndefined();
  });

  it('takes another number of messages when told', () => {
    const to = Reassembler.withMaxPending(2, { now: () => 0 });
    for (let id = 0; id < 5; id++) to.add(Fragmenter.split(bytes(8), 4, id)[0]!);
    expect(to.pendingCount).toBe(2);
  });

  it('holds no more bytes than it may, the oldest going first', () => {
    const to = reassembler({ maxBytes: 20_000 });
    for (let id = 0; id < 10; id++) {
      to.add(Fragmenter.split(bytes(9_000), 4_500, id)[0]!);
    }
    expect(to.pendingCount).toBe(4);
    expect(to.add(Fragmenter.split(bytes(9_000), 4_500, 9)[1]!)).toEqual(bytes(9_000));
  });

  it('refuses a message that could never fit, at its first fragment', () => {
    const to = reassembler();
    to.add(new Fragment(1, 60_000, 65_535, bytes(1_000)));
    expect([to.pendingCount, to.droppedCount]).toEqual([0, 1]);
    const small = reassembler({ maxBytes: 10 });
    small.add(new Fragment(1, 1, 2, bytes(11)));
    expect(small.droppedCount).toBe(1);
  });

  it('puts thousands of fragments together in an awkward order', () => {
    const to = reassembler();
    const data = bytes(20_000);
    const fragments = Fragmenter.split(data, 1, 1);
    const even = fragments.filter((_, i) => i % 2 === 0);
    const odd = fragments.filter((_, i) => i % 2 === 1);
    expect(addAll(to, [...odd, ...even])).toEqual(data);
  });

  it('forgets everything when told', () => {
    const to = reassembler();
    to.add(Fragmenter.split(bytes(8), 4, 1)[0]!);
    to.cleanup();
    expect(to.pendingCount).toBe(0);
  });

  it('cannot be made without room', () => {
    const invalid = expect.objectContaining({ code: 'InvalidConfig' });
    for (const maxPending of [0, Number.NaN]) {
      expect(() => reassembler({ maxPending })).toThrow(invalid);
    }
    expect(() => reassembler({ maxBytes: 0 })).toThrow(invalid);
  });
});
