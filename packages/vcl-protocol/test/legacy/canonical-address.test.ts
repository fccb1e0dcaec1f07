import { networkInterfaces } from 'node:os';
import { describe, expect, it } from 'vitest';
import { canonicalAddress } from '../../src/legacy/canonical-address.js';

const scoped = Object.entries(networkInterfaces())
  .flatMap(([name, all]) => (all ?? []).map((one) => ({ name, ...one })))
  .find((one) => one.family === 'IPv6' && one.scopeid !== 0);

function canonical(address: string): string {
  return canonicalAddress({ address, port: 5 }).address;
}

describe('an address to compare with', () => {
  it('is the same however it was spelled', () => {
    expect(canonical('127.0.0.1')).toBe('127.0.0.1');
    expect(canonical('2001:DB8:0:0::0:1')).toBe('2001:db8::1');
    expect(canonicalAddress({ address: '0:0::1', port: 5 })).toEqual({ address: '::1', port: 5 });
  });

  it('keeps a scope that it does not know', () => {
    expect(canonical('FE80::1%vcl-none')).toBe('fe80::1%vcl-none');
    expect(canonical('fe80::1%0')).toBe('fe80::1%0');
    expect(canonical('fe80::1%4000000000')).toBe('fe80::1%4000000000');
  });

  it.runIf(scoped !== undefined)('names the interface instead of its number', () => {
    const { name, scopeid } = scoped as { name: string; scopeid: number };
    expect(canonical(`fe80::1%${scopeid}`)).toBe(`fe80::1%${name}`);
    expect(canonical(`fe80::1%${name}`)).toBe(`fe80::1%${name}`);
  });
});
