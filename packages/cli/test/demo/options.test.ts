import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { MAX_DEMO_BYTES, parseLoss, parseSeed, parseSize } from '../../src/demo/options.js';

describe('--size', () => {
  it.each([
    ['1', 1],
    ['5000000', 5_000_000],
    ['64K', 65_536],
    ['20m', 20 * 2 ** 20],
    ['4G', MAX_DEMO_BYTES],
  ])('%s is %d bytes', (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
  });

  it.each(['', '0', '-1', '1.5M', '1MB', '5G', '4294967297', '1e6', 'all', ' 1'])(
    "refuses '%s' and says what is allowed",
    (text) => {
      expect(() => parseSize(text)).toThrow(InvalidArgumentError);
      expect(() => parseSize(text)).toThrow('from 1 to 4G');
    },
  );
});

describe('--loss', () => {
  it.each([
    ['0', 0],
    ['2', 2],
    ['0.5', 0.5],
    ['12.5%', 12.5],
    ['50', 50],
  ])('%s is %d percent', (text, percent) => {
    expect(parseLoss(text)).toBe(percent);
  });

  it.each(['', '51', '50.01', '-1', 'NaN', '1e1', '.5', '2 %'])(
    "refuses '%s' and says what is allowed",
    (text) => {
      expect(() => parseLoss(text)).toThrow(InvalidArgumentError);
      expect(() => parseLoss(text)).toThrow('from 0 to 50');
    },
  );
});

describe('--seed', () => {
  it('is a whole number of 32 bits', () => {
    expect(parseSeed('0')).toBe(0);
    expect(parseSeed('4294967295')).toBe(2 ** 32 - 1);
  });

  it.each(['', '-1', '1.5', '4294967296', 'x'])("refuses '%s'", (text) => {
    expect(() => parseSeed(text)).toThrow(InvalidArgumentError);
  });
});
