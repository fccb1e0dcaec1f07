import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_RECORD_BYTES, RecordSplitter } from '../../src/node/carriers/record-splitter.js';

function framed(records: readonly Uint8Array[]): Uint8Array {
  const parts = records.flatMap((one) => [one.length >> 8, one.length & 0xff, ...one]);
  return Uint8Array.from(parts);
}

/** What comes out of a splitter that gets `pieces`, each copied since the splitter may use it up. */
function split(pieces: readonly Uint8Array[], maxFirstBytes?: number) {
  const records: Uint8Array[] = [];
  const splitter = new RecordSplitter((record) => {
    records.push(record.slice());
    record.fill(0xee);
    return true;
  }, maxFirstBytes);
  const isClean = pieces.every((piece) => splitter.push(piece.slice()));
  return { records, isClean };
}

describe('a splitter of records', () => {
  const three = [Uint8Array.of(1), Uint8Array.of(2, 3, 4), Uint8Array.of(5, 6)];

  it('finds the same records wherever the stream is cut in two', () => {
    const stream = framed(three);
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(split([stream.subarray(0, cut), stream.subarray(cut)]).records).toEqual(three);
    }
  });

  it('finds the same records byte by byte', () => {
    const pieces = [...framed(three)].map((byte) => Uint8Array.of(byte));
    expect(split(pieces)).toEqual({ records: three, isClean: true });
  });

  it('finds the same records however the stream is cut', () => {
    const record = fc.uint8Array({ minLength: 1, maxLength: 5_000 });
    fc.assert(
      fc.property(
        fc.array(record, { maxLength: 8 }),
        fc.array(fc.nat(30_000), { maxLength: 12 }),
        (records, at) => {
          const stream = framed(records);
          const cuts = [0, ...at, stream.length].filter((cut) => cut <= stream.length);
          cuts.sort((a, b) => a - b);
          const pieces = cuts.map((cut, i) => stream.subarray(cut, cuts[i + 1] ?? cut));
          expect(split(pieces).records).toEqual(records);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('carries the longest record, whole and in pieces', () => {
    const long = new Uint8Array(MAX_RECORD_BYTES).fill(7);
    const stream = framed([long, Uint8Array.of(9), long]);
    expect(split([stream]).records.map((one) => one.length)).toEqual([65_535, 1, 65_535]);
    const pieces = [stream.subarray(0, 1_000), stream.subarray(1_000, 65_538)];
    expect(split([...pieces, stream.subarray(65_538)]).records[2]).toEqual(long);
  });

  it.each([
    ['a length of 0', [Uint8Array.of(0, 0)], 0],
    ['a length of 0 after a record', [framed([Uint8Array.of(1)]), Uint8Array.of(0, 0)], 1],
    ['a length of 0 in two pieces', [Uint8Array.of(0), Uint8Array.of(0)], 0],
    ['a first record that is too long', [Uint8Array.of(4, 0)], 0],
  ])('says that %s is no record', (_, pieces, before) => {
    const { records, isClean } = split(pieces, 1_023);
    expect({ isClean, records: records.length }).toEqual({ isClean: false, records: before });
  });

  it('limits only the first record', () => {
    const records = [new Uint8Array(1_023).fill(1), new Uint8Array(1_024).fill(2)];
    expect(split([framed(records)], 1_023)).toEqual({ records, isClean: true });
  });

  it('stops where it is told to', () => {
    let seen = 0;
    const splitter = new RecordSplitter(() => ++seen < 2);
    expect(splitter.push(framed([...three, Uint8Array.of(0)]))).toBe(true);
    expect(seen).toBe(2);
  });
});
