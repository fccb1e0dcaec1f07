import fc from 'fast-check';
import { expect, it } from 'vitest';
import { closestName } from '../src/closest-name.js';

const NAMES = ['transport', 'fragmentSize', 'signing'];

it.each([
  ['fragment_size', 'fragmentSize'],
  ['FRAGMENT-SIZE', 'fragmentSize'],
  ['fragmentSzie', 'fragmentSize'],
  ['transprt', 'transport'],
  ['sining', 'signing'],
])('reads %s as %s', (written, meant) => {
  expect(closestName(written, NAMES)).toBe(meant);
});

it.each(['', 'x', 'colour', 'transubstantiation'])('knows nothing near %j', (written) => {
  expect(closestName(written, NAMES)).toBeUndefined();
});

it('prefers the name itself to all others', () => {
  const words = fc.uniqueArray(fc.stringMatching(/^[a-z]{3,12}$/), { minLength: 1 });
  fc.assert(
    fc.property(words, fc.nat(), (names, pick) => {
      const name = names[pick % names.length] ?? '';
      expect(closestName(name, names)).toBe(name);
    }),
  );
});

it('takes any text, however long', () => {
  expect(closestName('a'.repeat(1_000_000), NAMES)).toBeUndefined();
});
