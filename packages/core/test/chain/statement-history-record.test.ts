import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatementHistory } from '../../src/chain/statement-history.js';
import { StateReader, StateWriter } from '../../src/state-carrier.js';

const hashOf = (k: number) => new Uint8Array(32).fill(k % 251);

describe('a history of statements that goes through a record', () => {
  it('knows the same hashes, and goes on from there', () => {
    fc.assert(
      fc.property(fc.nat(60), fc.nat(70), fc.nat(10), (count, forgotten, more) => {
        const history = new StatementHistory();
        for (let k = 0; k < count; k++) history.push(hashOf(k));
        history.forgetBelow(forgotten);
        const writer = new StateWriter();
        history.carry(writer);
        const copy = new StatementHistory();
        copy.carry(new StateReader(writer.record));
        for (let k = count; k < count + more; k++) {
          history.push(hashOf(k));
          copy.push(hashOf(k));
        }
        expect(copy.count).toBe(history.count);
        for (let k = 0; k < count + more; k++) expect(copy.hashOf(k)).toEqual(history.hashOf(k));
      }),
    );
  });
});
