import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decodeStatement,
  encodeStatement,
  STATEMENT_BYTES,
  type Statement,
} from '../../src/chain/statement.js';
import { flip } from './log-support.js';

const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
const u53 = fc.maxSafeNat();
const statements: fc.Arbitrary<Statement> = fc.record({
  sid: hash,
  direction: fc.constantFrom(0, 1),
  flags: fc.nat(3),
  k: u53,
  previousHash: hash,
  rThrough: u53,
  rLink: hash,
  lThrough: u53,
  lLink: hash,
  seen: u53,
  seenHash: hash,
  epoch: fc.nat(2 ** 31 - 1),
  eth: hash,
  timeMs: u53,
});

function encoded(statement: Statement): Uint8Array {
  const out = new Uint8Array(STATEMENT_BYTES);
  encodeStatement(statement, out);
  return out;
}

describe('the bytes of a statement', () => {
  it('give back every field', () => {
    const property = fc.property(statements, (statement) => {
      expect(decodeStatement(encoded(statement))).toEqual(statement);
    });
    fc.assert(property);
  });

  it('are different when any byte is, or are no statement', () => {
    const [statement] = fc.sample(statements, { numRuns: 1, seed: 1 });
    const bytes = encoded({ ...statement!, flags: 0 });
    for (let at = 0; at < STATEMENT_BYTES; at++) {
      const other = decodeStatement(flip(bytes, at, 1));
      if (at < 16) expect(other, `byte ${at}`).toBeUndefined();
      else expect(other, `byte ${at}`).not.toEqual(decodeStatement(bytes));
    }
  });

  it.each([
    ['a byte short', (b: Uint8Array) => b.subarray(1)],
    ['a byte long', (b: Uint8Array) => new Uint8Array([...b, 0])],
    ['a third direction', (b: Uint8Array) => flip(b, 48, 2)],
    ['a flag without meaning', (b: Uint8Array) => flip(b, 49, 4)],
    ['a number above 2^53', (b: Uint8Array) => flip(b, 50, 0x80)],
    ['nothing', () => new Uint8Array(0)],
  ])('are refused: %s', (_what, change) => {
    const [statement] = fc.sample(statements, { numRuns: 1, seed: 2 });
    expect(
      decodeStatement(change(encoded({ ...statement!, direction: 0, flags: 0, k: 1 }))),
    ).toBeUndefined();
  });
});
