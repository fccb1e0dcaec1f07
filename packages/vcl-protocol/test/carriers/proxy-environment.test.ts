import { describe, expect, it } from 'vitest';
import { parseCarrierAddress } from '../../src/carrier-address.js';
import { proxyFromEnvironment } from '../../src/node/carriers/proxy-environment.js';

const ALL = {
  https_proxy: 'http://secure:1',
  http_proxy: 'http://plain:2',
  all_proxy: 'socks5://all:3',
};

function proxyFor(written: string, env: Record<string, string>): string | undefined {
  return proxyFromEnvironment(parseCarrierAddress(written, 'connect'), env);
}

describe('proxyFromEnvironment', () => {
  it.each([
    ['wss://host', ALL, 'http://secure:1'],
    ['tcp://host:443', ALL, 'http://secure:1'],
    ['ws://host', ALL, 'http://plain:2'],
    ['ws://host', { all_proxy: 'socks5://all:3' }, 'socks5://all:3'],
    ['wss://host', { HTTPS_PROXY: 'big:1', https_proxy: 'small:1' }, 'http://small:1'],
    ['wss://host', { HTTPS_PROXY: 'big:1' }, 'http://big:1'],
    ['ws://host', { HTTP_PROXY: 'http://sent:1', REQUEST_METHOD: 'GET' }, undefined],
    ['wss://host', { http_proxy: 'http://plain:2' }, undefined],
    ['wss://host', { https_proxy: '' }, undefined],
    ['wss://host', {}, undefined],
  ])('for %s with %j', (written, env, expected) => {
    expect(proxyFor(written, env)).toBe(expected);
  });

  it.each([
    ['*', true],
    ['host.example.com', true],
    ['example.com', true],
    ['.example.com', true],
    ['*.example.com', true],
    ['Example.COM', true],
    ['a, example.com', true],
    ['a example.com', true],
    ['example.com:443', true],
    ['example.com:80', false],
    ['ample.com', false],
    ['com.example', false],
    ['', false],
    [',', false],
  ])('with NO_PROXY=%s', (list, isExcepted) => {
    const proxy = proxyFor('wss://host.example.com', { ...ALL, NO_PROXY: list });
    expect(proxy).toBe(isExcepted ? undefined : 'http://secure:1');
  });

  it.each(['::1', '[::1]', '[::1]:443'])('knows the numeric address in NO_PROXY=%s', (list) => {
    expect(proxyFor('wss://[::1]', { ...ALL, no_proxy: list })).toBeUndefined();
    expect(proxyFor('wss://[::2]', { ...ALL, no_proxy: list })).toBe('http://secure:1');
  });
});
