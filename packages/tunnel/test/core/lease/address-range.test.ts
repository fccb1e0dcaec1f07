import { describe, expect, it } from 'vitest';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';
import { AddressRange } from '../../../src/core/lease/address-range.js';

const range = (text: string) => new AddressRange(IpPrefix.parse(text).network);

describe('a range of addresses', () => {
  it.each([
    ['10.8.0.0/24', 254],
    ['10.8.0.0/31', 2],
    ['10.8.0.0/32', 1],
    ['0.0.0.0/0', 2 ** 32 - 2],
    ['fd00::/120', 255],
    ['fd00::/64', 2 ** 32 - 1],
    ['::/0', 2 ** 32 - 1],
  ])('%s has %i', (text, size) => {
    expect(range(text).size).toBe(size);
  });

  it('holds what is inside, without the first and the last', () => {
    const addresses = range('10.8.4.0/22');
    for (const inside of ['10.8.4.1', '10.8.5.0', '10.8.7.254']) {
      expect(addresses.has(inside)).toBe(true);
    }
    for (const outside of [
      '10.8.4.0',
      '10.8.7.255',
      '10.8.3.9',
      '10.8.8.1',
      '9.8.4.1',
      'fd00::1',
      '',
    ]) {
      expect(addresses.has(outside)).toBe(false);
    }
  });

  it('of IPv6 holds no more than it can count', () => {
    const addresses = range('fd00::/64');
    expect(addresses.has('fd00::ffff:ffff')).toBe(true);
    expect(addresses.has('fd00::1:0:0')).toBe(false);
    expect(addresses.has('fd00:0:0:1::5')).toBe(false);
  });

  it('goes on behind what is taken, and begins anew at its end', () => {
    const addresses = range('10.8.0.0/29');
    expect(addresses.freeFrom(5)).toBe('10.8.0.6');
    addresses.mark('10.8.0.6', true);
    addresses.mark('10.8.0.1', true);
    expect(addresses.freeFrom(5)).toBe('10.8.0.2');
    addresses.mark('10.8.0.6', false);
    expect(addresses.freeFrom(5 + 6 * 1_000)).toBe('10.8.0.6');
  });

  it('has no free one when all are taken', () => {
    const addresses = range('fd00::/127');
    addresses.mark('fd00::', true);
    addresses.mark('fd00::1', true);
    addresses.mark('fd00::2', true);
    expect(addresses.freeFrom(0)).toBeUndefined();
    expect(addresses.freeFrom(1)).toBeUndefined();
  });
});
