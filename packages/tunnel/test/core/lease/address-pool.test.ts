import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';
import { AddressPool, type LeaseAnswer } from '../../../src/core/lease/address-pool.js';

function pool(v4?: string, v6?: string, ...reserved: string[]): AddressPool {
  return new AddressPool({
    v4: v4 === undefined ? undefined : IpPrefix.parse(v4).network,
    v6: v6 === undefined ? undefined : IpPrefix.parse(v6).network,
    reserved: reserved.map((text) => parseIp(text)!),
  });
}

function leaseOf(answer: LeaseAnswer) {
  if (!answer.ok) throw new Error(`refused: ${answer.reason}`);
  return answer.lease;
}

describe('a pool of addresses', () => {
  it('gives an address of each family, and the same ones again', () => {
    const addresses = pool('10.8.0.0/24', 'fd00::/64', '10.8.0.1', 'fd00::1');
    const first = leaseOf(addresses.acquire('anna', 5));
    expect(first.v4).toMatch(/^10\.8\.0\.\d+$/);
    expect(first.v6).toMatch(/^fd00::/);
    expect(leaseOf(addresses.acquire('anna', 9))).toEqual(first);
    expect(addresses.release('anna', 10)).toEqual({ ...first, lastSeenAt: 10 });
    for (let i = 0; i < 100; i++) addresses.acquire(`other ${i}`, 11);
    expect(leaseOf(addresses.acquire('anna', 12))).toEqual({ ...first, lastSeenAt: 12 });
    expect(addresses.holderOf(first.v4!)).toBe('anna');
  });

  it('gives an address that is wanted, if it is one of its own and nobody’s', () => {
    const addresses = pool('10.8.0.0/24', undefined, '10.8.0.1');
    const wish = (name: string, text: string) =>
      leaseOf(addresses.acquire(name, 0, [parseIp(text)!])).v4;
    expect(wish('anna', '10.8.0.77')).toBe('10.8.0.77');
    for (const text of ['10.8.0.77', '10.8.0.1', '10.8.0.255', '192.0.2.1']) {
      expect(wish(`who wants ${text}`, text)).not.toBe(text);
    }
    addresses.release('anna', 1);
    expect(wish('another', '10.8.0.77')).not.toBe('10.8.0.77');
    expect(wish('anna', '10.8.0.78')).toBe('10.8.0.78');
    expect(wish('yet another', '10.8.0.77')).toBe('10.8.0.77');
  });

  it('gives one family when it has one network', () => {
    expect(leaseOf(pool('10.8.0.0/24').acquire('anna', 0)).v6).toBeUndefined();
    expect(leaseOf(pool(undefined, 'fd00::/64').acquire('anna', 0)).v4).toBeUndefined();
  });

  it('gives an identity mostly the same address when all leases were lost', () => {
    const names = Array.from({ length: 50 }, (_, i) => `identity ${i}`);
    const given = (order: readonly string[]) => {
      const addresses = pool('10.8.0.0/16', 'fd00::/64');
      return new Map(order.map((name) => [name, leaseOf(addresses.acquire(name, 0)).v4]));
    };
    const [forwards, backwards] = [given(names), given([...names].reverse())];
    const same = names.filter((name) => forwards.get(name) === backwards.get(name));
    expect(same.length).toBeGreaterThanOrEqual(48);
  });

  it.each([
    ['10.8.0.0/30', [], ['10.8.0.1', '10.8.0.2']],
    ['10.8.0.0/30', ['10.8.0.1'], ['10.8.0.2']],
    ['10.8.0.0/31', ['10.8.0.0'], ['10.8.0.1']],
    ['10.8.0.5/32', [], ['10.8.0.5']],
    ['10.8.0.5/32', ['10.8.0.5'], []],
    ['fd00::/126', ['fd00::1'], ['fd00::2', 'fd00::3']],
    ['fd00::/127', [], ['fd00::', 'fd00::1']],
    ['fd00::7/128', [], ['fd00::7']],
  ])('of %s without %j gives %j and no more', (network, reserved, expected) => {
    const isV4 = !network.includes(':');
    const addresses = pool(isV4 ? network : undefined, isV4 ? undefined : network, ...reserved);
    const given = expected.map((_, i) => {
      const lease = leaseOf(addresses.acquire(`${i}`, 0));
      return lease.v4 ?? lease.v6;
    });
    expect(given.sort()).toEqual(expected);
    expect(addresses.acquire('one more', 0)).toEqual({ ok: false, reason: 'exhausted' });
  });

  it('takes the lease of whoever was away for longest, never of one who is there', () => {
    const addresses = pool('10.8.0.0/29');
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const held = new Map(names.map((name) => [name, leaseOf(addresses.acquire(name, 0)).v4]));
    addresses.release('c', 10);
    addresses.release('a', 20);
    const answer = addresses.acquire('new', 30);
    expect(answer).toMatchObject({ ok: true, evicted: ['c'] });
    expect(leaseOf(answer).v4).toBe(held.get('c'));
    expect(addresses.acquire('newer', 31)).toMatchObject({ ok: true, evicted: ['a'] });
    expect(addresses.acquire('newest', 32)).toEqual({ ok: false, reason: 'exhausted' });
    expect([...addresses.leases].map(({ identity }) => identity).sort()).toEqual([
      'b',
      'd',
      'e',
      'f',
      'new',
      'newer',
    ]);
  });

  it('serves a full network of 65,533 addresses', () => {
    const addresses = pool('10.8.0.0/16', undefined, '10.8.0.1');
    const given = new Set<string | undefined>();
    for (let i = 0; i < 65_533; i++) given.add(leaseOf(addresses.acquire(`${i}`, i)).v4);
    expect(given.size).toBe(65_533);
    expect(addresses.acquire('more', 0)).toEqual({ ok: false, reason: 'exhausted' });
    addresses.release('777', 70_000);
    expect(addresses.acquire('more', 70_001)).toMatchObject({ ok: true, evicted: ['777'] });
  });

  it('refuses a network of the other family', () => {
    expect(() => pool('fd00::/64')).toThrow(/no network of IPv4/);
    expect(() => pool(undefined, '10.0.0.0/8')).toThrow(/no network of IPv6/);
  });
});

describe('leases of earlier times', () => {
  it('are valid again, the oldest is given away first', () => {
    const before = pool('10.8.0.0/30');
    const [a, b] = [leaseOf(before.acquire('a', 0)), leaseOf(before.acquire('b', 0))];
    const after = pool('10.8.0.0/30');
    after.restore([
      { ...a, lastSeenAt: 200 },
      { ...b, lastSeenAt: 100 },
    ]);
    expect(after.acquire('new', 300)).toMatchObject({ ok: true, evicted: ['b'] });
    expect(leaseOf(after.acquire('a', 301)).v4).toBe(a.v4);
  });

  it('count the newest of two about one address, and none of another network', () => {
    const addresses = pool('10.8.0.0/24', 'fd00::/64', '10.8.0.1');
    const lease = (identity: string, v4: string | undefined, lastSeenAt: number, v6?: string) => ({
      identity,
      v4,
      v6,
      lastSeenAt,
    });
    addresses.restore([
      lease('old', '10.8.0.9', 1),
      lease('young', '10.8.0.9', 2),
      lease('foreign', '10.9.0.9', 3),
      lease('half', '10.9.0.9', 4, 'fd00::77'),
      lease('server', '10.8.0.1', 5),
      lease('broken', 'nonsense', 6),
      lease('young', '10.8.0.10', 1),
    ]);
    expect([...addresses.leases].map(({ identity }) => identity).sort()).toEqual(['half', 'young']);
    expect(addresses.holderOf('10.8.0.9')).toBe('young');
    expect(leaseOf(addresses.acquire('half', 9)).v6).toBe('fd00::77');
    expect(leaseOf(addresses.acquire('server', 9)).v4).not.toBe('10.8.0.1');
  });
});

describe('fixed addresses', () => {
  it('are given to their identity and to nobody else, in a full pool too', () => {
    const addresses = pool('10.8.0.0/30', 'fd00::/64');
    addresses.fix('anna', { v4: '10.8.0.2', v6: 'FD00:0::42' });
    expect(leaseOf(addresses.acquire('bert', 0)).v4).toBe('10.8.0.1');
    expect(addresses.acquire('carl', 0)).toEqual({ ok: false, reason: 'exhausted' });
    expect(leaseOf(addresses.acquire('anna', 0))).toMatchObject({ v4: '10.8.0.2', v6: 'fd00::42' });
    addresses.release('anna', 1);
    expect(addresses.acquire('carl', 2)).toEqual({ ok: false, reason: 'exhausted' });
  });

  it('may lie outside of the networks', () => {
    const addresses = pool('10.8.0.0/24');
    addresses.fix('anna', { v4: '172.16.0.5' });
    expect(leaseOf(addresses.acquire('anna', 0)).v4).toBe('172.16.0.5');
    addresses.release('anna', 1);
    addresses.fix('anna', {});
    expect(leaseOf(addresses.acquire('anna', 2)).v4).toMatch(/^10\.8\.0\./);
  });

  it('wait for whoever is there with one, who gets another the next time', () => {
    const addresses = pool('10.8.0.0/24');
    const taken = leaseOf(addresses.acquire('bert', 0)).v4!;
    expect(addresses.fix('anna', { v4: taken })).toEqual(['bert']);
    expect(addresses.acquire('anna', 1)).toEqual({ ok: false, reason: 'address in use' });
    expect(leaseOf(addresses.acquire('bert', 1)).v4).toBe(taken);
    expect(addresses.release('bert', 2)).toBeUndefined();
    expect(leaseOf(addresses.acquire('anna', 3)).v4).toBe(taken);
    expect(leaseOf(addresses.acquire('bert', 4)).v4).not.toBe(taken);
  });

  it('end the lease of one who is away', () => {
    const addresses = pool('10.8.0.0/24');
    const taken = leaseOf(addresses.acquire('bert', 0)).v4!;
    addresses.release('bert', 1);
    expect(addresses.fix('anna', { v4: taken })).toEqual([]);
    expect([...addresses.leases]).toEqual([]);
  });

  it('are refused when they are none, the own ones of the server, or those of another', () => {
    const addresses = pool('10.8.0.0/24', undefined, '10.8.0.1');
    addresses.fix('bert', { v4: '10.8.0.7' });
    expect(() => addresses.fix('anna', { v4: '10.8.0' })).toThrow(/no address of IPv4/);
    expect(() => addresses.fix('anna', { v4: 'fd00::1' })).toThrow(/no address of IPv4/);
    expect(() => addresses.fix('anna', { v6: '10.8.0.9' })).toThrow(/no address of IPv6/);
    expect(() => addresses.fix('anna', { v4: '10.8.0.1' })).toThrow(/the server's own/);
    expect(() => addresses.fix('anna', { v4: '10.8.0.7' })).toThrow(/fixed for bert/);
    addresses.forget('bert');
    expect(addresses.fix('anna', { v4: '10.8.0.7' })).toEqual([]);
  });
});

describe('after any sequence', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
  const step = fc.record({
    act: fc.constantFrom(
      'acquire',
      'acquire',
      'acquire',
      'release',
      'release',
      'fix',
      'forget',
      'restart',
    ),
    name: fc.constantFrom(...names),
    host: fc.nat(9),
  });

  it('no two have one address, who is there keeps it, and refusals are true', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const make = () => pool('10.8.0.0/29', 'fd00::/125', '10.8.0.1', 'fd00::1');
        let addresses = make();
        const live = new Map<string, { v4: string | undefined; v6: string | undefined }>();
        const fixed = new Map<string, string>();
        let now = 0;
        for (const { act, name, host } of steps) {
          now++;
          if (act === 'acquire') {
            const answer = addresses.acquire(name, now);
            if (answer.ok) {
              const { v4, v6 } = answer.lease;
              if (live.has(name)) expect(live.get(name)).toEqual({ v4, v6 });
              else if (fixed.has(name)) expect(v4).toBe(fixed.get(name));
              for (const gone of answer.evicted) expect(live.has(gone)).toBe(false);
              live.set(name, { v4, v6 });
            } else if (answer.reason === 'address in use') {
              expect([...live.values()].some(({ v4 }) => v4 === fixed.get(name))).toBe(true);
            } else {
              const claimed = new Set([...live.values()].map(({ v4 }) => v4));
              for (const address of fixed.values()) claimed.add(address);
              const usable = [2, 3, 4, 5, 6].map((i) => `10.8.0.${i}`);
              expect(usable.every((address) => claimed.has(address))).toBe(true);
            }
          } else if (act === 'release') {
            addresses.release(name, now);
            live.delete(name);
          } else if (act === 'restart') {
            const before = new Map([...addresses.leases].map((one) => [one.identity, one]));
            addresses = make();
            for (const [owner, v4] of fixed) addresses.fix(owner, { v4 });
            addresses.restore(before.values());
            for (const one of addresses.leases) expect(before.get(one.identity)?.v6).toBe(one.v6);
            live.clear();
          } else if (act === 'forget') {
            addresses.forget(name);
            live.delete(name);
            fixed.delete(name);
          } else {
            const v4 = `10.8.0.${host}`;
            const isForeign = [...fixed].some(
              ([other, address]) => other !== name && address === v4,
            );
            if (host === 1 || isForeign) {
              expect(() => addresses.fix(name, { v4 })).toThrow();
            } else {
              const inTheWay = addresses.fix(name, { v4 });
              fixed.set(name, v4);
              const holders = [...live].filter(
                ([other, { v4: held }]) => other !== name && held === v4,
              );
              expect(inTheWay).toEqual(holders.map(([other]) => other));
            }
          }
          const all = [...addresses.leases].flatMap(({ v4, v6 }) => [v4, v6]);
          const held = all.filter((address) => address !== undefined);
          expect(new Set(held).size).toBe(held.length);
          expect(held).not.toContain('10.8.0.1');
          expect(held).not.toContain('fd00::1');
          for (const [name, lease] of live) expect(addresses.holderOf(lease.v4!)).toBe(name);
        }
      }),
      { numRuns: 500 },
    );
  });
});
