import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { formatCarrierAddress, parseCarrierAddress } from '../../src/carrier-address.js';

describe('parseCarrierAddress', () => {
  it.each([
    ['127.0.0.1:80', undefined, '127.0.0.1', 80, '/vcl'],
    ['[::1]:8080', undefined, '::1', 8080, '/vcl'],
    ['udp://host:1', 'udp', 'host', 1, '/vcl'],
    ['tcp://[fe80::1%eth0]:65535', 'tcp', 'fe80::1%eth0', 65_535, '/vcl'],
    ['auto://vpn.example.com:443', 'auto', 'vpn.example.com', 443, '/vcl'],
    ['quic://host:9', 'quic', 'host', 9, '/vcl'],
    ['ws://host', 'ws', 'host', 80, '/vcl'],
    ['ws://[::1]', 'ws', '::1', 80, '/vcl'],
    ['wss://host', 'wss', 'host', 443, '/vcl'],
    ['WSS://host:8443', 'wss', 'host', 8443, '/vcl'],
    ['wss://host/', 'wss', 'host', 443, '/'],
    ['wss://host:1/a/b?token=x%20y', 'wss', 'host', 1, '/a/b?token=x%20y'],
  ])('reads %s', (written, scheme, host, port, path) => {
    expect(parseCarrierAddress(written, 'connect')).toEqual({ scheme, host, port, path });
  });

  it.each([
    ['http://host:80', 'http:// is no carrier'],
    ['http://host:80', 'ws://'],
    ['tcp://host', 'add the port'],
    ['auto://host', 'add the port'],
    ['udp://::1', 'brackets: [::1]:8080'],
    ['tcp://host:1/vcl', "tcp has no path: leave out '/vcl'"],
    ['quic://host:1?x', 'quic has no path'],
    ['ws://host:1/a#b', 'no #'],
    ['ws://host:1/a b', 'no spaces'],
    ['ws://host:1/\u00e4', 'no spaces'],
    ['ws://host?x', 'a path starts with /'],
    ['ws://user:secret@host/vcl', 'no user or password'],
    ['ws://', 'host:port'],
    ['ws://:80', 'host:port'],
    ['wss://host:', 'host:8080'],
    ['wss://host:99999', 'at most 65535'],
    ['wss://[host]', 'only an IPv6 address'],
    ['wss://[::1%]:1', 'only an IPv6 address'],
    ['[1:2:3]:80', 'only an IPv6 address'],
    [`${'a'.repeat(254)}:1`, 'at most 253'],
    ['', 'host:port'],
  ])('refuses %s and says why', (written, advice) => {
    const parse = () => parseCarrierAddress(written, 'connect');
    expect(parse).toThrow(VCLError);
    expect(parse).toThrow(advice);
    expect(parse).toThrow(expect.objectContaining({ code: 'IoError' }));
  });

  it('takes port 0 for binding only', () => {
    expect(parseCarrierAddress('tcp://0.0.0.0:0', 'bind').port).toBe(0);
    expect(() => parseCarrierAddress('tcp://host:0', 'connect')).toThrow('port of the server');
  });

  it('refuses what is no text', () => {
    expect(() => parseCarrierAddress(undefined as unknown as string, 'bind')).toThrow(VCLError);
  });
});

describe('formatCarrierAddress', () => {
  it.each(['host:1', '[::1]:2', 'udp://host:1', 'ws://[::1]:80/vcl', 'wss://host:443/a?b=c'])(
    'writes %s as it was read',
    (written) => {
      expect(formatCarrierAddress(parseCarrierAddress(written, 'connect'))).toBe(written);
    },
  );

  it('names the port and the path that went without saying', () => {
    expect(formatCarrierAddress(parseCarrierAddress('wss://host', 'connect'))).toBe(
      'wss://host:443/vcl',
    );
  });
});
