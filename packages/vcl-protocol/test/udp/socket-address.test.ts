import { describe, expect, it } from 'vitest';
import { type Libc, loadLibc } from '../../src/node/udp/libc.js';
import { ADDRESS_SCRATCH_BYTES, SocketAddresses } from '../../src/node/udp/socket-address.js';

const { libc } = loadLibc();

function there(addresses: SocketAddresses, address: string, port: number) {
  const bytes = new Uint8Array(28);
  bytes.set(addresses.write({ address, port }));
  return addresses.read(new DataView(bytes.buffer), 0);
}

describe.runIf(libc !== undefined)('addresses of sockets', () => {
  const make = (bound: string) =>
    new SocketAddresses(libc as Libc, (libc as Libc).allocate(ADDRESS_SCRATCH_BYTES), bound);

  it.each([
    ['0.0.0.0', '127.0.0.1', 1],
    ['0.0.0.0', '255.255.255.255', 65_535],
    ['0.0.0.0', '1.2.3.200', 40_000],
    ['::', '::1', 443],
    ['::', '2001:db8::ffff:1', 443],
    ['::', '192.0.2.7', 443],
    ['::', 'fe80::1%lo', 443],
    ['::', 'fe80::1%4000000000', 443],
  ])('bound to %s, %s port %i reads as it was written', (bound, address, port) => {
    expect(there(make(bound), address, port)).toEqual({ address, port });
  });

  it('are written as the system lays them out', () => {
    expect([...make('0.0.0.0').write({ address: '10.1.2.3', port: 0x1234 })]).toEqual([
      2, 0, 0x12, 0x34, 10, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
    const six = make('::').write({ address: '2001:db8::5', port: 1 });
    expect([...six.subarray(0, 12)]).toEqual([10, 0, 0, 1, 0, 0, 0, 0, 0x20, 1, 0x0d, 0xb8]);
    expect(six).toHaveLength(28);
  });

  it.each(['0.0.0.0', '::'])(
    'of a peer that comes again are the same object, bound to %s',
    (bound) => {
      const addresses = make(bound);
      const address = bound === '::' ? '2001:db8::1' : '10.0.0.1';
      const first = there(addresses, address, 5);
      expect(there(addresses, address, 5)).toBe(first);
      expect(there(addresses, address, 6)).not.toBe(first);
    },
  );

  it('tell peers apart that differ in one byte', () => {
    const addresses = make('::');
    const seen = new Set<string>();
    for (let i = 0; i < 2_000; i++) {
      const { address, port } = there(addresses, `2001:db8:${i.toString(16)}::${(i * 31) % 7}`, i);
      seen.add(`${address} ${port}`);
    }
    expect(seen.size).toBe(2_000);
  });

  it('have a scope by name, as Node shows it, whichever way it was written', () => {
    expect(there(make('::'), 'fe80::1%1', 443)).toEqual({ address: 'fe80::1%lo', port: 443 });
  });

  it('of the other family, and names, are refused', () => {
    for (const address of ['::1', 'example.org', '']) {
      expect(() => make('0.0.0.0').write({ address, port: 1 })).toThrow(/cannot send to/);
    }
  });
});
