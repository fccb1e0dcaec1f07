import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from '../../src/carrier-address.js';

describe('parseAddress', () => {
  it.each([
    ['127.0.0.1:8080', '127.0.0.1', 8080],
    ['localhost:1', 'localhost', 1],
    ['vpn.example.com:65535', 'vpn.example.com', 65_535],
    ['[::1]:8080', '::1', 8080],
    ['[fe80::1%eth0]:53', 'fe80::1%eth0', 53],
  ])('reads %s', (written, host, port) => {
    expect(parseAddress(written, 'connect')).toEqual({ host, port });
  });

  it.each([
    ['127.0.0.1', 'add the port'],
    ['localhost', 'add the port'],
    ['localhost:', 'add the port'],
    ['::1', 'brackets: [::1]:8080'],
    ['fe80:::8080', 'brackets'],
    ['[localhost]:80', 'only an IPv6 address'],
    ['host:99999', 'at most 65535'],
    ['host:8o', 'host:port'],
    ['http://host:80', 'host:port'],
    ['', 'host:port'],
    [':80', 'host:port'],
    ['a b:80', 'host:port'],
  ])('refuses %s and says what to write', (written, advice) => {
    const parse = () => parseAddress(written, 'connect');
    expect(parse).toThrow(VCLError);
    expect(parse).toThrow(advice);
    expect(parse).toThrow(expect.objectContaining({ code: 'IoError' }));
  });

  it('takes port 0 for binding only', () => {
    expect(parseAddress('[::]:0', 'bind')).toEqual({ host: '::', port: 0 });
    expect(() => parseAddress('host:0', 'connect')).toThrow('name the port of the server');
  });

  it('refuses what is no text', () => {
    expect(() => parseAddress(8080 as unknown as string, 'bind')).toThrow('8080');
  });

  it('is undone by formatAddress', () => {
    for (const written of ['127.0.0.1:80', '[::1]:80']) {
      const { host, port } = parseAddress(written, 'bind');
      expect(formatAddress({ address: host, port })).toBe(written);
    }
  });
});
