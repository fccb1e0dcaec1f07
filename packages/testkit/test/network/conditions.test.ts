import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey } from '../../src/network/address.js';
import { ConditionRules, matches } from '../../src/network/condition-rules.js';
import {
  checkConditions,
  isBlackHoled,
  type LinkConditions,
  PERFECT_LINK,
} from '../../src/network/conditions.js';

describe('addressKey', () => {
  it('keeps IPv6 addresses and ports apart', () => {
    expect(addressKey({ address: '10.0.0.1', port: 1 })).toBe('10.0.0.1:1');
    expect(addressKey({ address: '::1', port: 1 })).toBe('[::1]:1');
    expect(addressKey({ address: '::1:1', port: 1 })).not.toBe(
      addressKey({ address: '::1', port: 11 }),
    );
  });
});

describe('checkConditions', () => {
  it('accepts the perfect link and every limit', () => {
    expect(() => checkConditions(PERFECT_LINK)).not.toThrow();
    expect(() => checkConditions({ loss: 1, burst: 1, mtu: 0, queueBytes: 0 })).not.toThrow();
    expect(() => checkConditions({ blackHole: [[0, Number.POSITIVE_INFINITY]] })).not.toThrow();
  });

  const wrong: Partial<LinkConditions>[] = [
    { loss: -0.1 },
    { loss: 1.1 },
    { loss: Number.NaN },
    { reorder: 2 },
    { duplicate: 2 },
    { corrupt: -1 },
    { truncate: 5 },
    { burst: 0.5 },
    { burst: Number.POSITIVE_INFINITY },
    { delayMs: -1 },
    { jitterMs: Number.POSITIVE_INFINITY },
    { reorderDelayMs: Number.NaN },
    { bandwidthBitsPerSecond: 0 },
    { queueBytes: -1 },
    { mtu: -1 },
    { blackHole: [[2, 1]] },
    { blackHole: [[Number.NaN, 1]] },
  ];
  it.each(wrong)('names the condition that is out of range: %j', (conditions) => {
    const name = Object.keys(conditions)[0]!;
    expect(() => checkConditions(conditions)).toThrow(RangeError);
    expect(() => checkConditions(conditions)).toThrow(name);
  });
});

describe('isBlackHoled', () => {
  it('takes windows with their beginning and without their end', () => {
    const conditions: LinkConditions = {
      ...PERFECT_LINK,
      blackHole: [
        [10, 20],
        [30, 40],
      ],
    };
    const holed = [9, 10, 19.9, 20, 30, 40].map((now) => isBlackHoled(conditions, now));
    expect(holed).toEqual([false, true, true, false, true, false]);
  });

  it('takes true for always', () => {
    expect(isBlackHoled({ ...PERFECT_LINK, blackHole: true }, 5)).toBe(true);
    expect(isBlackHoled(PERFECT_LINK, 5)).toBe(false);
  });
});

describe('ConditionRules', () => {
  it('is what applying every setting in turn to every link would be', () => {
    const end = fc.constantFrom(undefined, 'a', 'b', 'c');
    const conditions = fc.record(
      { loss: fc.nat(9), delayMs: fc.nat(9), mtu: fc.nat(9) },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(end, end, conditions)), (settings) => {
        const rules = new ConditionRules();
        for (const [from, to, set] of settings) rules.add(from, to, set);
        for (const [from, to] of [
          ['a', 'b'],
          ['b', 'c'],
          ['c', 'a'],
        ] as const) {
          let expected: LinkConditions = PERFECT_LINK;
          for (const [ruleFrom, ruleTo, set] of settings) {
            if (matches(ruleFrom, from) && matches(ruleTo, to)) expected = { ...expected, ...set };
          }
          expect(rules.effective(from, to)).toEqual(expected);
        }
      }),
    );
  });

  it('keeps a copy of what it was given', () => {
    const rules = new ConditionRules();
    const set: { loss: number } = { loss: 0.1 };
    rules.add(undefined, undefined, set);
    set.loss = 0.9;
    expect(rules.effective('a', 'b').loss).toBe(0.1);
  });
});
