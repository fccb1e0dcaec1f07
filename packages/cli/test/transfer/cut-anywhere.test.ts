import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PartialStore } from '../../src/transfer/files/partial-store.js';
import { walkSources } from '../../src/transfer/files/source-tree.js';
import { TargetTree } from '../../src/transfer/files/target-tree.js';
import { DirectoryIntake } from '../../src/transfer/roles/directory-intake.js';
import { supply } from '../../src/transfer/roles/supplier.js';
import { take } from '../../src/transfer/roles/taker.js';
import { Tally } from '../../src/transfer/roles/tally.js';
import { MemoryChannel } from './support/channel-pair.js';
import { contentsOf } from './support/transfer-scene.js';

const MIB = 2 ** 20;

/** Where an attempt is cut: after so many messages of this side. */
interface Cut {
  readonly side: 'supplier' | 'taker';
  readonly messages: number;
}

const cut: fc.Arbitrary<Cut> = fc.record({
  side: fc.constantFrom('supplier', 'taker'),
  messages: fc.integer({ min: 0, max: 30 }),
});

/** Bytes that are the same for the same seed and name. */
function bytesOf(name: string, count: number): Buffer {
  const block = createHash('sha512').update(name).digest();
  const bytes = Buffer.alloc(count, block);
  // Chunks differ, so that one in the place of another is noticed.
  for (let at = 0; at < count; at += 4096) bytes.writeUInt8((at / 4096) % 251, at);
  return bytes;
}

interface Attempt {
  readonly from: string;
  readonly to: string;
  readonly where?: Cut;
  /** Default: one of its own, as in a new process. */
  readonly partials?: PartialStore;
}

async function attempt({ from, to, where, partials }: Attempt): Promise<Tally> {
  const [supplier, taker] = MemoryChannel.pair();
  if (where !== undefined) {
    let left = where.messages;
    (where.side === 'supplier' ? supplier : taker).onSend = () => {
      if (left-- === 0) supplier.cut();
    };
  }
  const tree = new TargetTree(to, false);
  const intake = new DirectoryIntake({
    tree,
    partials: partials ?? new PartialStore(tree.root),
    peer: new Uint8Array(32),
    overwrite: true,
    links: false,
    resume: true,
  });
  const tally = new Tally();
  const items = walkSources([{ absolute: from, name: 'top' }], { links: false });
  const limits = { maxEntries: 1000, maxBytes: 1e9 };
  await Promise.allSettled([
    supply({ channel: supplier, items, tally }).catch(() => supplier.cut()),
    take({ channel: taker, intake, tally: new Tally(), limits }).catch(() => supplier.cut()),
  ]);
  return tally;
}

describe('a transfer that is cut anywhere, again and again', () => {
  it('never leaves a wrong file, and arrives in the end', async () => {
    const cuts = fc.array(cut, { minLength: 1, maxLength: 3 });
    const sizes = fc.array(fc.constantFrom(0, 5, 70_000, 300_000, 2.2 * MIB), {
      minLength: 1,
      maxLength: 4,
    });
    await fc.assert(
      fc.asyncProperty(cuts, sizes, async (wheres, lengths) => {
        const root = mkdtempSync(join(tmpdir(), 'vcl-cut-'));
        try {
          const [from, to] = [join(root, 'from'), join(root, 'to')];
          for (const path of [from, to]) mkdirSync(path);
          lengths.forEach((length, i) => {
            writeFileSync(join(from, `f${i}`), bytesOf(`f${i}`, Math.floor(length)));
          });
          const expected = contentsOf(from);
          for (const where of wheres) {
            await attempt({ from, to, where });
            if (!readdirSync(to).includes('top')) continue;
            for (const [path, text] of Object.entries(contentsOf(join(to, 'top')))) {
              expect(text === expected[path]).toBe(true);
            }
          }
          const tally = await attempt({ from, to });
          expect(tally.totals.failed).toBe(0);
          expect(contentsOf(join(to, 'top'))).toEqual(expected);
          expect(readdirSync(to)).toEqual(['top']);
        } finally {
          rmSync(root, { recursive: true, force: true });
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('two sessions of one peer with the same file', () => {
  it('leave one whole file, whichever of them ends first', async () => {
    const root = mkdtempSync(join(tmpdir(), 'vcl-two-'));
    try {
      const [from, to] = [join(root, 'from'), join(root, 'to')];
      for (const path of [from, to]) mkdirSync(path);
      writeFileSync(join(from, 'f'), bytesOf('f', 3 * MIB));
      const partials = new PartialStore(to);
      const tallies = await Promise.all([0, 1, 2].map(() => attempt({ from, to, partials })));
      // The newest has it; older ones are told that it goes on with the file.
      const failures = tallies.flatMap(({ totals }) => totals.problems.map(({ reason }) => reason));
      expect(failures.length).toBeLessThan(3);
      expect(failures.filter((reason) => !reason.includes('newer session'))).toEqual([]);
      expect(contentsOf(join(to, 'top'))).toEqual(contentsOf(from));
    } finally {
      rmSync(root, { recursive: true, force: true });
    }
  });
});
