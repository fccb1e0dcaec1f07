import { expect, it } from 'vitest';
import { formatHost, normalizeHost } from '../../src/identity/host-name.js';

it.each([
  ['Example.COM:8080', 'example.com:8080'],
  ['127.0.0.1:1', '127.0.0.1:1'],
  ['[::1]:8080', '[::1]:8080'],
  ['[0:0:0:0:0:0:0:1]:8080', '[::1]:8080'],
  ['[2001:DB8::00ff]:80', '[2001:db8::ff]:80'],
  ['[fe80::1%Eth0]:65535', '[fe80::1%eth0]:65535'],
])('%s is looked up as %s', (written, name) => {
  expect(normalizeHost(written)).toBe(name);
  expect(normalizeHost(name)).toBe(name);
});

it('formats address and port', () => {
  expect(formatHost('::1', 9)).toBe('[::1]:9');
  expect(formatHost('[::1]', 9)).toBe('[::1]:9');
  expect(formatHost('Host', 9)).toBe('host:9');
});

it.each([
  'example.com',
  'example.com:',
  ':80',
  'example.com:0',
  'example.com:65536',
  'example.com:8x',
  '::1:8080',
  'two words:80',
  'line\nbreak:80',
  '#comment:80',
  '[]:80',
  '',
])('%j is no host', (written) => {
  expect(() => normalizeHost(written)).toThrow(
    expect.objectContaining({
      code: 'InvalidConfig',
      message: expect.stringContaining('host:port or [ipv6]:port'),
    }),
  );
});
