import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatIp, parseIp } from '../../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';

const address4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const address6 = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('parseIp and formatIp', () => {
  it('give every address back', () => {
    fc.assert(
      fc.property(fc.oneof(address4, address6), (bytes) => {
        expect(parseIp(formatIp(bytes))).toEqual(bytes);
      }),
    );
  });

  it('take what Node.js takes, and nothing else', () => {
    const texts = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.stringMatching(/^[0-9]{1,3}(\.[0-9]{1,3}){2,4}$/),
      fc.stringMatching(/^[0-9a-f:.]{1,20}$/),
      fc.tuple(fc.ipV6(), fc.ipV4()).map(([a, b]) => a.replace(/[0-9a-f]*$/, b)),
      fc
        .tuple(fc.constantFrom('::', '1::', '::ffff:', '1:2:3:4:5:6:'), fc.ipV4())
        .map((one) => one.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const family = isIPv4(text) ? 4 : isIPv6(text) ? 16 : undefined;
        expect(parseIp(text)?.length).toBe(family);
      }),
      { numRuns: 3_000 },
    );
  });

  it('write IPv6 as RFC 5952 says', () => {
    const canonical: [string, string][] = [
      ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
      ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
      ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
      ['0:0:0:0:0:0:0:0', '::'],
    ];
    for (const [text, written] of canonical) expect(formatIp(parseIp(text)!)).toBe(written);
  });

  it('read the end of an IPv6 address in the form of IPv4 as just these bytes', () => {
    const bytes = (text: string) => [...(parseIp(text) ?? [])].map((byte) => byte.toString(16));
    const zeros = new Array<string>(10).fill('0');
    expect(bytes('::1.2.3.4')).toEqual([...zeros, '0', '0', '1', '2', '3', '4']);
    expect(bytes('::ffff:1.2.3.4')).toEqual([...zeros, 'ff', 'ff', '1', '2', '3', '4']);
    expect(bytes('64:ff9b::192.0.2.255').slice(-4)).toEqual(['c0', '0', '2', 'ff']);
    for (const text of ['::1.2.3', '::1.2.3.4:5', '::1.2.3.04', '1.2.3.4::', ':1.2.3.4']) {
      expect(parseIp(text)).toBeUndefined();
    }
  });

  it('refuse forms that programs read in different ways', () => {
    const refused = ['010.0.0.1', '0x7f.1', '127.1', '2130706433', 'fe80::1%eth0', '', ' 1.2.3.4'];
    for (const text of refused) expect(parseIp(text)).toBeUndefined();
  });
});

describe('IpPrefix', () => {
  it('reads networks and single addresses, and writes them again', () => {
    for (const text of ['10.8.0.0/24', '0.0.0.0/0', '::/0', 'fd00:1::/64', '10.8.0.1/24']) {
      expect(IpPrefix.parse(text).toString()).toBe(text);
    }
    const host = IpPrefix.parse('fd00::2');
    expect([host.bits, host.isHost, host.family]).toEqual([128, true, 6]);
    expect(IpPrefix.parse('10.0.0.1').toString()).toBe('10.0.0.1/32');
    expect(IpPrefix.parse('10.0.0.0/31').isHost).toBe(false);
  });

  it('clears what is behind the network on demand', () => {
    expect(IpPrefix.parse('10.8.255.77/20').network.toString()).toBe('10.8.240.0/20');
    expect(IpPrefix.parse('fd00::ffff/121').network.toString()).toBe('fd00::ff80/121');
    expect(IpPrefix.parse('255.255.255.255/0').network.toString()).toBe('0.0.0.0/0');
  });

  it('contains what begins with the same bits', () => {
    const bits = (bytes: Uint8Array) =>
      [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    fc.assert(
      fc.property(address4, address4, fc.nat(32), (a, b, count) => {
        const mixed = b.map((byte, i) => (8 * i < count ? a[i]! : byte));
        for (const other of [a, b, mixed]) {
          const isIn = bits(a).slice(0, count) === bits(other).slice(0, count);
          expect(new IpPrefix(a, count).contains(other)).toBe(isIn);
          const inside = Uint8Array.from([1, 2, ...other, 3]);
          expect(new IpPrefix(a, count).contains(inside, 2, 4)).toBe(isIn);
        }
      }),
    );
  });

  it('contains no address of the other version', () => {
    expect(IpPrefix.parse('0.0.0.0/0').contains(new Uint8Array(16))).toBe(false);
    expect(IpPrefix.parse('::/0').contains(new Uint8Array(4))).toBe(false);
  });

  it('refuses everything else, and says what it was and what is wanted', () => {
    const refused = ['10.0.0.0/33', '::/129', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/8/8', '10/8'];
    for (const text of refused) {
      expect(() => IpPrefix.parse(text, 'excludedRoutes')).toThrowError(
        expect.objectContaining({
          code: 'InvalidConfig',
          message: expect.stringMatching(/^excludedRoutes must be like 10\.8\.0\.0\/24/),
        }),
      );
      expect(() => IpPrefix.parse(text)).toThrow(text);
    }
  });

  it('shows a long or strange text in part, and harmless', () => {
    const shown = (text: unknown) => {
      try {
        IpPrefix.parse(text as string);
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    };
    expect(shown('x'.repeat(10_000)).length).toBeLessThan(200);
    expect(shown('\u001b[2J')).not.toContain('\u001b');
    expect(shown(42)).toContain('of type number');
  });
});
