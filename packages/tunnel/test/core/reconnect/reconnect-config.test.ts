import { VCLError } from '@vcl-protocol/core';
import { describe, expect, it } from 'vitest';
import {
  checkReconnectConfig,
  ReconnectConfig,
} from '../../../src/core/reconnect/reconnect-config.js';

describe('presets of reconnection', () => {
  it.each([
    ['default', 1_000, 60_000, 2, 0.2, undefined, 30_000],
    ['mobile', 500, 30_000, 1.5, 0.3, undefined, 10_000],
    ['stable', 2_000, 120_000, 2, 0.1, 10, 60_000],
    ['instant', 10, 100, 1.5, 0, 5, 100],
  ] as const)('%s has the numbers of the guide', (name, ...numbers) => {
    const config = ReconnectConfig[name]();
    const { initialMs, maxMs, multiplier, jitter, maxAttempts, stableMs } = config;
    expect([initialMs, maxMs, multiplier, jitter, maxAttempts, stableMs]).toEqual(numbers);
    expect(() => checkReconnectConfig(config)).not.toThrow();
  });
});

describe("a configuration of one's own", () => {
  it.each([
    ['initialMs', { initialMs: 0 }],
    ['initialMs', { initialMs: Number.POSITIVE_INFINITY, maxMs: Number.POSITIVE_INFINITY }],
    ['maxMs', { maxMs: 999 }],
    ['maxMs', { maxMs: Number.NaN }],
    ['multiplier', { multiplier: 0.9 }],
    ['jitter', { jitter: -0.1 }],
    ['jitter', { jitter: 1.1 }],
    ['maxAttempts', { maxAttempts: 0 }],
    ['maxAttempts', { maxAttempts: 1.5 }],
    ['stableMs', { stableMs: -1 }],
  ])('is refused by the name of its field: %s in %o', (field, part) => {
    const check = () => checkReconnectConfig({ ...ReconnectConfig.default(), ...part });
    expect(check).toThrow(VCLError);
    expect(check).toThrow(`reconnect.${field} must be`);
  });
});
