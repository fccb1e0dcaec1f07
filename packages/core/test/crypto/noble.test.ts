import { randomFillSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { createNobleProvider } from '../../src/crypto/noble.js';
import { describeProvider } from './provider-suite.js';

const provider = createNobleProvider((out) => {
  randomFillSync(out);
});

describeProvider(provider);

test('the noble provider takes its random bytes from the function it is given', () => {
  const fixed = createNobleProvider((out) => out.fill(42));
  const out = new Uint8Array(5);
  fixed.randomBytes(out);
  expect(out).toEqual(Uint8Array.of(42, 42, 42, 42, 42));
  expect([fixed.name, fixed.insecure]).toEqual(['noble', false]);
});
