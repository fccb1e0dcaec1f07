import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LegacyFragment } from '../../src/legacy/fragment.js';
import { LegacyAssembly } from '../../src/legacy/fragment-assembly.js';

function piece(id: number, index: number, total: number, ...data: number[]): LegacyFragment {
  return { id: BigInt(id), index, total, data: Uint8Array.from(data) };
}

test('pieces in any order make the message they were cut from', () => {
  const message = fc.uint8Array({ minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(
      message,
      fc.integer({ min: 1, max: 9 }),
      fc.infiniteStream(fc.nat()),
      (m, size, chance) => {
        const total = Math.ceil(m.length / size);
        const pieces = Array.from({ length: total }, (_, index) =>
          piece(1, index, total, ...m.subarray(index * size, (index + 1) * size)),
        );
        const ranked = pieces.map((one) => [chance.next().value ?? 0, one] as const);
        const shuffled = ranked.sort(([a], [b]) => a - b).map(([, one]) => one);
        const assembly = new LegacyAssembly(1_000);
        const outcomes = shuffled.map((one) => assembly.add(one));
        expect(outcomes.pop()).toEqual(m);
        expect(outcomes.every((outcome) => outcome === 'kept')).toBe(true);
      },
    ),
  );
});

test('an index outside of the total is refused, where the crate joins it', () => {
  const assembly = new LegacyAssembly(1_000);
  expect(assembly.add(piece(1, 7, 2, 1))).toBe('inconsistent');
  expect(assembly.add(piece(1, 0, 0, 1))).toBe('inconsistent');
});

test('another total, a piece that is there, and an empty one are refused', () => {
  const assembly = new LegacyAssembly(1_000);
  expect(assembly.add(piece(1, 0, 3, 1))).toBe('kept');
  expect(assembly.add(piece(1, 1, 2, 1))).toBe('inconsistent');
  expect(assembly.add(piece(1, 0, 3, 9))).toBe('inconsistent');
  expect(assembly.add(piece(1, 1, 3))).toBe('inconsistent');
  expect(assembly.add(piece(1, 1, 3, 2))).toBe('kept');
  expect(assembly.add(piece(1, 2, 3, 3))).toEqual(Uint8Array.of(1, 2, 3));
});

test('no more bytes and messages are held than allowed, and room comes back', () => {
  const assembly = new LegacyAssembly(4);
  expect(assembly.add(piece(1, 0, 2, 1, 2, 3))).toBe('kept');
  expect(assembly.add(piece(2, 0, 2, 1, 2))).toBe('limit');
  expect(assembly.add(piece(1, 1, 2, 4))).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(assembly.add(piece(2, 0, 2, 1, 2))).toBe('kept');
  assembly.clear();
  expect(assembly.add(piece(3, 0, 2, 1, 2, 3, 4))).toBe('kept');

  const crowded = new LegacyAssembly(1_000);
  for (let id = 0; id < 256; id++) expect(crowded.add(piece(id, 0, 2, 1))).toBe('kept');
  expect(crowded.add(piece(256, 0, 2, 1))).toBe('limit');
  expect(crowded.add(piece(0, 1, 2, 2))).toEqual(Uint8Array.of(1, 2));
  expect(crowded.add(piece(256, 0, 2, 1))).toBe('kept');
});

test('a message of as many pieces as there can be is joined', () => {
  const assembly = new LegacyAssembly(100_000);
  const total = 65_535;
  for (let index = 1; index < total; index++) assembly.add(piece(1, index, total, index & 0xff));
  const message = assembly.add(piece(1, 0, total, 0));
  expect(message).toEqual(Uint8Array.from({ length: total }, (_, index) => index & 0xff));
});

test('many small pieces are limited by their number, and room comes back', () => {
  const assembly = new LegacyAssembly(100_000_000);
  let kept = 0;
  const half = 32_768;
  const data = Uint8Array.of(7);
  for (let id = 0n; id < 10n; id++) {
    for (let index = 0; index < half; index++) {
      if (assembly.add({ id, index, total: half + 1, data }) === 'kept') kept++;
    }
  }
  expect(kept).toBe(262_144);
  expect(assembly.add({ id: 0n, index: half, total: half + 1, data })).toBe('limit');
  assembly.clear();
  expect(assembly.add({ id: 0n, index: half, total: half + 1, data })).toBe('kept');
});
