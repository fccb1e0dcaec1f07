import { describe, expect, it } from 'vitest';
import { parseIp } from '../../../src/core/ip/ip-address.js';
import { IpPrefix } from '../../../src/core/ip/ip-prefix.js';
import { SourceFilter } from '../../../src/core/routing/source-filter.js';

/** The header of a packet at offset 3, as it might stand in a frame. */
function packet(source: string, protocol = 17, type = 0): Uint8Array {
  const address = parseIp(source)!;
  const bytes = new Uint8Array(3 + 40 + 8);
  const isV4 = address.length === 4;
  bytes[3] = isV4 ? 0x45 : 0x60;
  bytes[3 + (isV4 ? 9 : 6)] = protocol;
  bytes.set(address, 3 + (isV4 ? 12 : 8));
  bytes[3 + (isV4 ? 20 : 40)] = type;
  return bytes;
}

describe('a filter of sources', () => {
  it('takes everything until it is told', () => {
    const filter = new SourceFilter();
    expect(filter.takes(packet('192.0.2.1'), 3)).toBe(true);
    filter.restrictTo([IpPrefix.parse('10.0.0.0/8')]);
    expect(filter.takes(packet('192.0.2.1'), 3)).toBe(false);
    filter.restrictTo(undefined);
    expect(filter.takes(packet('192.0.2.1'), 3)).toBe(true);
  });

  it('takes what is from its networks, counts the rest, and takes errors of routers', () => {
    const filter = new SourceFilter();
    filter.restrictTo(['10.8.0.0/24', 'fd08::/64'].map((text) => IpPrefix.parse(text)));
    const taken = [
      packet('10.8.0.7'),
      packet('fd08::7'),
      packet('198.51.100.1', 1, 3),
      packet('2001:db8::1', 58, 2),
    ];
    const dropped = [
      packet('10.8.1.7'),
      packet('fd09::7'),
      packet('192.168.1.1', 6),
      // An echo, a redirect, and a router that announces itself.
      packet('192.168.1.1', 1, 8),
      packet('192.168.1.1', 1, 5),
      packet('fe80::1', 58, 134),
    ];
    for (const bytes of taken) expect(filter.takes(bytes, 3)).toBe(true);
    for (const bytes of dropped) expect(filter.takes(bytes, 3)).toBe(false);
    expect(filter.dropped).toBe(dropped.length);
  });
});
