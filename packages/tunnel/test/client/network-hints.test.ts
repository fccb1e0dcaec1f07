import { describe, expect, it } from 'vitest';
import { networkHint, recommendedMode } from '../../src/client/network-hints.js';

describe('a hint', () => {
  it.each([
    ['mobile', 'mobile', 'full'],
    ['MTS', 'mobile', 'full'],
    ['beeline', 'mobile', 'full'],
    ['megafon', 'mobile', 'full'],
    ['tele2', 'mobile', 'full'],
    ['home', 'home', 'tls-mimicry'],
    ['broadband', 'home', 'tls-mimicry'],
    ['corporate', 'corporate', 'http2-mimicry'],
    ['office', 'corporate', 'http2-mimicry'],
    ['work', 'corporate', 'http2-mimicry'],
    ['the moon', 'home', 'padding'],
  ])('has both halves of every hint: %s', (hint, keepalive, mode) => {
    expect(networkHint(hint)).toEqual({ keepalive, mode });
    expect(recommendedMode(hint)).toBe(mode);
  });
});
