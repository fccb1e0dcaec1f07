import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatNumberOf,
  formatRate,
  formatShare,
  formatTable,
  formatUnixTime,
  printable,
} from '../src/format.js';

describe('numbers for people', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_994, '9.99 kB'],
    [9_996, '10.0 kB'],
    [98_932_688, '98.9 MB'],
    [999_499, '999 kB'],
    [999_500, '1.00 MB'],
    [2 ** 32, '4.29 GB'],
    [5e18, '5000 PB'],
  ])('%d bytes are %s', (bytes, text) => {
    expect(formatBytes(bytes)).toBe(text);
  });

  it.each([
    [0, '0 ms'],
    [0.8512, '0.85 ms'],
    [12.34, '12.3 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [7_900, '7.90 s'],
    [59_949, '59.9 s'],
    [59_951, '1 min 0 s'],
    [72_400, '1 min 12 s'],
  ])('%d milliseconds are %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it('counts, with the noun in its number', () => {
    expect(formatCount(1234567)).toBe('1,234,567');
    expect(formatNumberOf(0, 'gap')).toBe('0 gaps');
    expect(formatNumberOf(1, 'gap')).toBe('1 gap');
    expect(formatNumberOf(2000, 'gap')).toBe('2,000 gaps');
  });

  it('gives rates and shares', () => {
    expect(formatRate(25_000_000, 2_000)).toBe('12.5 MB/s');
    expect(formatRate(1, 0)).toBe('-');
    expect(formatShare(0.02034)).toBe('2.03 %');
  });

  it('gives times in UTC, and the number where there is none', () => {
    expect(formatUnixTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6))).toBe('2026-01-02T03:04:05.006Z');
    expect(formatUnixTime(2 ** 53 - 1)).toBe('9007199254740991 ms after 1970');
  });
});

describe('text for people', () => {
  it('aligns tables and continues rows', () => {
    expect(
      formatTable([
        ['a', 'one'],
        ['', 'two'],
        ['long', ''],
      ]),
    ).toEqual(['  a     one', '        two', '  long']);
  });

  it('escapes what a terminal may obey', () => {
    expect(printable('a\x1b[2Jb\r\nc\u009b\u2028é')).toBe(
      'a\\u001b[2Jb\\u000d\\u000ac\\u009b\\u2028é',
    );
  });

  it('and what changes the order or look of letters without being seen', () => {
    expect(printable('a\u202egnp.exe\u{e0041}')).toBe('a\\u202egnp.exe\\udb40\\udc41');
  });
});
