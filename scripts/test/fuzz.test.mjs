// The fuzzer is tried on decoders with known faults: what it would not find here it would not find in
// the packages either.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Campaign } from '../../fuzz/engine/campaign.mjs';
import { distil } from '../../fuzz/engine/corpus.mjs';
import { Coverage, counters } from '../../fuzz/engine/coverage.mjs';
import { minimise, readFinding, Violation } from '../../fuzz/engine/finding.mjs';
import { instrument } from '../../fuzz/engine/instrument.mjs';
import { Mutator } from '../../fuzz/engine/mutator.mjs';
import { FuzzRandom } from '../../fuzz/engine/random.mjs';
import { TARGETS } from '../../fuzz/targets/index.mjs';

const folder = mkdtempSync(join(tmpdir(), 'vcl-fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a target; the seed is fixed, so the outcome is too. */
async function fuzz(target, { mutations = 20_000, points = 0, seed = 1 } = {}) {
  const options = { seed, phase: 'test', points, folder };
  const campaign = new Campaign({ maxBytes: 32, ...target }, options);
  await campaign.replay(target.seeds?.() ?? []);
  await campaign.fuzz({ mutations, deadline: Number.POSITIVE_INFINITY });
  await campaign.close();
  return campaign;
}

/** A list behind its length, as a decoder that is right reads it. */
function readList(input, isInBounds) {
  const count = input[0] ?? 0;
  const items = [];
  for (let i = 0; i < count; i++) {
    if (!isInBounds(1 + i, input.length)) return undefined;
    items.push(input[1 + i]);
  }
  return items;
}

function checkList(items) {
  if (items?.includes(undefined)) throw new Violation('a byte beyond the end');
}

describe('planted faults', () => {
  it('finds a bound that is off by one, and nothing where it is right', async () => {
    const seeds = () => [Uint8Array.of(3, 1, 2, 3)];
    const wrong = (input) => checkList(readList(input, (at, length) => at <= length));
    const right = (input) => checkList(readList(input, (at, length) => at < length));
    expect((await fuzz({ name: 'wrong-bound', seeds, run: wrong })).findings).toHaveLength(1);
    expect((await fuzz({ name: 'right-bound', seeds, run: right })).findings).toEqual([]);
  });

  it('writes the smallest input that shows the fault to a file that can be replayed', async () => {
    const run = (input) => {
      if (input.length >= 2 && input[1] === 0xff) throw new RangeError(`byte ${input[0]}`);
    };
    const { findings } = await fuzz({ name: 'small-input', run });
    expect(findings.map(({ hex }) => hex)).toEqual(['00ff']);
    const { target, input } = readFinding(findings[0].file);
    expect([target, [...input]]).toEqual(['small-input', [0, 0xff]]);
    expect(readFileSync(findings[0].file, 'utf8')).toContain('RangeError');
  });

  it('finds an encoder that loses the upper half of a number', async () => {
    const run = (input) => {
      if (input.length !== 4) return;
      const number = new DataView(input.slice().buffer).getUint32(0);
      if ((number & 0x3fff_ffff) !== number) throw new Violation('another number comes back');
    };
    const seeds = () => [Uint8Array.of(0, 0, 0, 7)];
    expect((await fuzz({ name: 'lossy-encoder', seeds, run })).findings).toHaveLength(1);
  });

  it('finds a promise that is rejected', async () => {
    const run = async (input) => {
      if (input[0] === 9) throw new TypeError('not a file');
    };
    expect((await fuzz({ name: 'async-fault', run })).findings).toHaveLength(1);
  });

  it('finds a run that takes too long', async () => {
    const run = (input) => {
      const start = process.cpuUsage();
      while (input.length > 20 && process.cpuUsage(start).user < 80_000);
    };
    const seeds = () => [new Uint8Array(19)];
    const { findings } = await fuzz({ name: 'slow-run', seeds, run }, { mutations: 8 });
    expect(findings[0]?.message).toMatch(/^slow: /);
  });

  it('names two causes apart, and each cause once', async () => {
    const run = (input) => {
      if (input[0] === 1) throw new Violation(`first kind, ${input.length} bytes`);
      if (input[0] === 2) throw new Violation('second kind');
    };
    expect((await fuzz({ name: 'two-faults', run })).findings).toHaveLength(2);
  });
});

const GATED = `
export function decode(bytes) {
  if (bytes[0] === 0x56) {
    if (bytes[1] === 0x43) {
      if (bytes[2] === 0x4c) {
        if (bytes[3] === 0x31) throw new Error('behind four gates');
      }
    }
  }
}`;

describe('coverage', () => {
  it('leads behind conditions that chance alone does not pass', async () => {
    counters();
    const { code, points } = instrument(GATED, 'gated.mjs', 0);
    const source = `data:text/javascript,${encodeURIComponent(code)}`;
    const { decode } = await import(/* @vite-ignore */ source);
    const seeds = () => [new Uint8Array(4)];
    const target = { name: 'gates', maxBytes: 4, seeds, run: decode };
    const blind = await fuzz(target, { mutations: 60_000 });
    const guided = await fuzz(target, { mutations: 200_000, points });
    expect(blind.findings).toEqual([]);
    expect(guided.findings.map(({ hex }) => hex)).toEqual(['56434c31']);
  });

  it('tells a first loop from a second by its count', () => {
    const map = counters();
    const coverage = new Coverage(8);
    const run = (count) => {
      coverage.reset();
      map[3] = count;
      return coverage.fresh();
    };
    expect([run(1), run(1), run(2), run(5), run(6), run(200)]).toEqual([1, 0, 1, 1, 0, 1]);
  });

  it('keeps the shortest inputs that together go everywhere', () => {
    const candidate = (length, features) => ({ input: new Uint8Array(length), features });
    const kept = distil([candidate(9, [1, 2, 3]), candidate(2, [1]), candidate(3, [1, 2])]);
    expect(kept.map(({ length }) => length)).toEqual([2, 3, 9]);
    expect(distil([candidate(2, [1]), candidate(3, [1])])).toHaveLength(1);
  });
});

describe('inputs', () => {
  it('follow from the seed alone', () => {
    const make = (seed) => {
      const mutator = new Mutator(new FuzzRandom(seed), { maxBytes: 64 });
      return Array.from({ length: 50 }, () => {
        mutator.load(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
        mutator.mutate(Uint8Array.of(9, 9, 9));
        return Buffer.from(mutator.input).toString('hex');
      });
    };
    expect(make(1)).toEqual(make(1));
    expect(make(1)).not.toEqual(make(2));
  });

  it('never grow beyond the longest length', () => {
    const random = new FuzzRandom('length');
    const mutator = new Mutator(random, { maxBytes: 24, dictionary: [new Uint8Array(30)] });
    for (let i = 0; i < 5_000; i++) {
      mutator.load(random.bytes(random.below(40)));
      mutator.mutate(random.bytes(40));
      expect(mutator.length).toBeLessThanOrEqual(24);
    }
  });

  it('become as small as the fault allows', async () => {
    const input = Uint8Array.from({ length: 100 }, (_, i) => i);
    const small = await minimise(input, (candidate) => candidate.includes(42));
    expect([...small]).toEqual([42]);
  });

  it('reach every target by one name', () => {
    const names = TARGETS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
  });
});
