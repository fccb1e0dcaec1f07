import { isIP as nodeIsIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isIP } from '../../src/web/ip.js';

test.each([
  '127.0.0.1',
  '0.0.0.0',
  '255.255.255.255',
  '256.1.1.1',
  '1.2.3',
  '01.2.3.4',
  '1.2.3.4.5',
  '::',
  '::1',
  'fe80::1%eth0',
  'fe80::1%',
  '::ffff:10.0.0.1',
  '2001:db8:0:0:0:0:0:1',
  '1:2:3:4:5:6:7:8:9',
  ':',
  '[::1]',
  'localhost',
  'example.com',
  '',
])('says of %j what Node says', (text) => {
  expect(isIP(text)).toBe(nodeIsIP(text));
});

test('says of every address what Node says', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain()), (text) => {
      expect(isIP(text)).toBe(nodeIsIP(text));
    }),
  );
});
