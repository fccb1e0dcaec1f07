import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Delivery } from '../../src/connection/delivery.js';
import type { ReceivedMessage } from '../../src/message/received-message.js';
import type { Lane } from '../../src/message/reliability.js';

function message(lane: Lane, n: number): ReceivedMessage {
  const payload = new Uint8Array();
  const leaf = new Uint8Array(32);
  return { lane, n, kind: 0, payload, leaf, verified: false, credited: false, inPieces: false };
}

/** Waits until nothing is left in memory that nobody refers to. */
async function collected(): Promise<void> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // What a reference gave lives until the task is over.
  await new Promise((resolve) => setImmediate(resolve));
  collect();
}

/** Takes all that is ready, as `R3` and `L5`. */
function takeAll(delivery: Delivery): string[] {
  const taken: string[] = [];
  for (let next = delivery.take(); next !== undefined; next = delivery.take()) {
    taken.push(`${next.lane === 0 ? 'R' : 'L'}${next.n}${next.verified ? '' : '?'}`);
  }
  return taken;
}

describe('signed delivery', () => {
  it('holds a message until a statement covers it', () => {
    const delivery = new Delivery(true);
    delivery.open();
    for (const n of [0, 1, 2]) delivery.add(message(0, n));
    for (const n of [4, 0, 3]) delivery.add(message(1, n));
    expect(takeAll(delivery)).toEqual([]);
    delivery.verified(2, 1);
    expect(takeAll(delivery)).toEqual(['R0', 'R1', 'L0']);
    expect([delivery.unverifiedCount(0), delivery.unverifiedCount(1)]).toEqual([1, 2]);
    delivery.verified(3, 5);
    expect(takeAll(delivery)).toEqual(['R2', 'L4', 'L3']);
    expect(delivery.isEmpty).toBe(true);
  });

  it('never hands over what was not covered when the session ended', () => {
    const delivery = new Delivery(true);
    delivery.open();
    delivery.add(message(0, 0));
    delivery.add(message(0, 1));
    delivery.verified(1, 0);
    delivery.discardUnverified();
    delivery.verified(2, 0);
    expect(takeAll(delivery)).toEqual(['R0']);
  });
});

describe('what was handed over', () => {
  it('is referred to no longer, while later messages wait for their statement', async () => {
    const delivery = new Delivery(true);
    delivery.open();
    const taken: WeakRef<ReceivedMessage>[] = [];
    for (let n = 0; n < 1_000; n++) delivery.add(message(0, n));
    delivery.verified(999, 0);
    for (let next = delivery.take(); next !== undefined; next = delivery.take()) {
      taken.push(new WeakRef(next));
    }
    delivery.add(message(0, 1_000));
    await collected();
    const kept = taken.filter((reference) => reference.deref() !== undefined);
    expect(taken).toHaveLength(999);
    // The last one taken may still stand in a register.
    expect(kept.length).toBeLessThanOrEqual(1);
    expect(delivery.unverifiedCount(0)).toBe(2);
  });

  it('is referred to no longer, while others wait to be taken', async () => {
    const delivery = new Delivery(true);
    delivery.open();
    for (let n = 0; n < 1_000; n++) delivery.add(message(0, n));
    delivery.verified(1_000, 0);
    const taken: WeakRef<ReceivedMessage>[] = [];
    for (let n = 0; n < 900; n++) taken.push(new WeakRef(delivery.take()!));
    await collected();
    const kept = taken.filter((reference) => reference.deref() !== undefined);
    expect(kept.length).toBeLessThanOrEqual(1);
    expect(delivery.readyCount).toBe(100);
  });
});

describe('authenticated delivery', () => {
  it('holds messages only until the peer has signed OPEN', () => {
    const delivery = new Delivery(false);
    delivery.add(message(0, 0));
    delivery.add(message(1, 7));
    expect(delivery.readyCount).toBe(0);
    delivery.open();
    delivery.open();
    delivery.add(message(0, 1));
    expect(takeAll(delivery)).toEqual(['R0?', 'L7?', 'R1?']);
  });

  it('marks messages that were handed over when a statement covers them', () => {
    const delivery = new Delivery(false);
    delivery.open();
    const taken = message(0, 0);
    delivery.add(taken);
    delivery.take();
    expect(delivery.unverifiedCount(0)).toBe(1);
    delivery.verified(1, 0);
    expect([taken.verified, delivery.unverifiedCount(0), delivery.readyCount]).toEqual([
      true,
      0,
      0,
    ]);
  });

  it('holds nothing once all was taken, covered or not', () => {
    const delivery = new Delivery(false);
    delivery.add(message(0, 0));
    expect(delivery.isEmpty).toBe(false);
    delivery.open();
    expect(delivery.isEmpty).toBe(false);
    delivery.take();
    expect(delivery.isEmpty).toBe(true);
  });
});

describe.each([true, false])('delivery, signed: %s', (signed) => {
  it('hands each message over once and lane R in order, over thousands', () => {
    const step = fc.record({ count: fc.nat(900), cover: fc.boolean(), take: fc.nat(900) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const delivery = new Delivery(signed);
        delivery.open();
        const taken: number[] = [];
        let next = 0;
        const takeOne = (): boolean => {
          const one = delivery.take();
          if (one !== undefined) taken.push(one.n);
          return one !== undefined;
        };
        for (const { count, cover, take } of steps) {
          for (let i = 0; i < count; i++) delivery.add(message(0, next++));
          if (cover) delivery.verified(next, 0);
          for (let i = 0; i < take && takeOne(); i++);
        }
        delivery.verified(next, 0);
        while (takeOne());
        expect(taken).toEqual([...Array(next).keys()]);
      }),
      { numRuns: 20 },
    );
  });
});
