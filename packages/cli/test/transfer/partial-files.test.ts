import { createHash, randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { claimedHash, isPlausibleClaim } from '../../src/transfer/files/chunks.js';
import type { PartialFile } from '../../src/transfer/files/partial-file.js';
import { PartialStore } from '../../src/transfer/files/partial-store.js';
import { TargetTree } from '../../src/transfer/files/target-tree.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const MIB = 2 ** 20;
const PEER = new Uint8Array(32).fill(7);
const ATTRIBUTES = { mode: 0o640, mtimeMs: 1_580_000_000_000 };

/** Takes an unfinished file, and closes it when the test is over, as the end of a process does. */
async function taken(partials: PartialStore, path: string, peer = PEER): Promise<PartialFile> {
  const partial = await partials.take(peer, path);
  onTestFinished(() => partial.release());
  return partial;
}

interface Place {
  readonly root: string;
  readonly tree: TargetTree;
  readonly partials: PartialStore;
}

function place(root: string = temporaryDirectory()): Place {
  const partials = new PartialStore(root);
  partials.join();
  return { root, tree: new TargetTree(root, false), partials };
}

/** What a process that was killed leaves: its files, under a number that no process has. */
function die(root: string): void {
  const directory = join(root, '.vcl-partial');
  for (const name of readdirSync(directory)) {
    const dead = name.replace(/\.\d+\.part$/, '.999999999.part');
    renameSync(join(directory, name), join(directory, dead));
  }
}

async function write(partial: PartialFile, bytes: Uint8Array, from = 0): Promise<void> {
  for (let at = from; at < bytes.length; at += 100_000) {
    await partial.write(bytes.subarray(at, at + 100_000), at);
  }
}

function hashOf(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

describe('a file on its way', () => {
  const contents = randomBytes(3 * MIB + 5);

  it.each([
    ['nothing was written', async () => {}],
    [
      'a part was written',
      (partial: PartialFile) => write(partial, contents.subarray(0, 2.5 * MIB)),
    ],
    ['all was written', (partial: PartialFile) => write(partial, contents)],
    [
      'it was finished and had no name',
      async (partial: PartialFile) => {
        await write(partial, contents);
        await partial.finish(contents.length, hashOf(contents), ATTRIBUTES);
      },
    ],
  ])('leaves the old file when the process dies after %s, and goes on', async (_, until) => {
    const first = place();
    writeFileSync(join(first.root, 'f'), 'old');
    await until(await taken(first.partials, 'f'));
    expect(readFileSync(join(first.root, 'f'), 'utf8')).toBe('old');
    die(first.root);

    const { root, tree, partials } = place(first.root);
    const partial = await taken(partials, 'f');
    const claim = await partial.claim(contents.length);
    const kept = (claim.hashes.length / 32) * claim.chunkBytes;
    for (let at = 0; at < kept; at += MIB) {
      expect(claimedHash(claim, at)).toEqual(
        new Uint8Array(hashOf(contents.subarray(at, at + MIB))),
      );
    }
    await write(partial, contents, kept);
    expect(await partial.finish(contents.length, hashOf(contents), ATTRIBUTES)).toBe(true);
    tree.place(partial.path, 'f', true);
    await partial.release();
    expect(readFileSync(join(root, 'f')).equals(contents)).toBe(true);
    const { mode, mtimeMs } = statSync(join(root, 'f'));
    expect([mode & 0o777, mtimeMs]).toEqual([0o640, ATTRIBUTES.mtimeMs]);
    partials.leave();
    expect(readdirSync(root)).toEqual(['f']);
  });

  it('can be gone on with when it was finished with a mode that is read-only', async () => {
    const first = place();
    const finished = await taken(first.partials, 'f');
    await write(finished, contents);
    await finished.finish(contents.length, hashOf(contents), { ...ATTRIBUTES, mode: 0o444 });
    await finished.release();
    die(first.root);

    const partial = await taken(place(first.root).partials, 'f');
    expect((await partial.claim(contents.length)).hashes).toHaveLength(3 * 32);
    expect(statSync(partial.path).mode & 0o777).toBe(0o600);
  });

  it.runIf(process.getuid?.() === 0)('is not put where another user may change it', () => {
    const { root, partials } = place();
    chownSync(join(root, '.vcl-partial'), 12_345, 12_345);
    expect(() => partials.join()).toThrow('it belongs to another user: remove it');
  });

  it('claims what is there, and no more', async () => {
    const { partials } = place();
    const partial = await taken(partials, 'f');
    await write(partial, contents.subarray(0, 2.5 * MIB));
    expect((await partial.claim(contents.length)).hashes).toHaveLength(2 * 32);
    expect((await partial.claim(1.5 * MIB)).hashes).toHaveLength(32);
  });

  it('is found damaged at the end, and is not given its name', async () => {
    const { partials } = place();
    const partial = await taken(partials, 'f');
    await write(partial, contents);
    const damaged = Buffer.from(readFileSync(partial.path));
    damaged[MIB] = damaged[MIB]! ^ 1;
    writeFileSync(partial.path, damaged);
    expect(await partial.finish(contents.length, hashOf(contents), ATTRIBUTES)).toBe(false);
    await partial.discard();
    expect(existsSync(partial.path)).toBe(false);
  });

  it('reads as zeros where zeros were sent, over what was there before as well', async () => {
    const { partials } = place();
    const partial = await taken(partials, 'f');
    await partial.write(Buffer.alloc(1000, 1), 0);
    await partial.writeZeros(500, 250);
    await partial.writeZeros(5 * MIB, 1000);
    const expected = Buffer.alloc(1000 + 5 * MIB);
    expected.fill(1, 0, 250).fill(1, 750, 1000);
    expect(await partial.finish(expected.length, hashOf(expected), ATTRIBUTES)).toBe(true);
    expect(statSync(partial.path).blocks * 512).toBeLessThan(MIB);
    await partial.release();
  });

  it('that was never sent is not hashed, however long it was said to be', async () => {
    const { partials } = place();
    const partial = await taken(partials, 'f');
    await partial.write(Buffer.from('x'), 0);
    expect(await partial.finish(2 ** 47, hashOf(contents), ATTRIBUTES)).toBe(false);
    expect(statSync(partial.path).size).toBe(1);
  });

  it('belongs to the newer session of the same peer', async () => {
    const { partials } = place();
    const older = await taken(partials, 'f');
    await write(older, contents.subarray(0, MIB));
    const newer = await taken(partials, 'f');
    expect(older.isRevoked).toBe(true);
    await expect(older.write(contents, 0)).rejects.toThrow('newer session');
    expect((await newer.claim(contents.length)).hashes).toHaveLength(32);
    await newer.release();
  });

  it('is of no use to another peer, nor under another path', async () => {
    const { partials } = place();
    const paths = [
      (await taken(partials, 'f')).path,
      (await taken(partials, 'f', new Uint8Array(32))).path,
      (await taken(partials, 'g')).path,
    ];
    expect(new Set(paths).size).toBe(3);
  });
});

describe('the directory of unfinished files', () => {
  it('loses what was written in one go and got no name', () => {
    const { root, partials } = place();
    writeFileSync(partials.temporaryPath(), 'x');
    die(root);
    new PartialStore(root);
    expect(readdirSync(join(root, '.vcl-partial'))).toEqual([]);
  });

  it('keeps the files of a process that lives', async () => {
    const { root, partials } = place();
    const path = (await taken(partials, 'f')).path;
    const theirs = path.replace(`.${process.pid}.`, `.${process.ppid}.`);
    writeFileSync(theirs, 'theirs');
    const mine = await taken(partials, 'f');
    await mine.write(Buffer.from('mine'), 0);
    await mine.release();
    expect(readFileSync(theirs, 'utf8')).toBe('theirs');
    expect(readdirSync(join(root, '.vcl-partial'))).toHaveLength(2);
  });

  it('may not be a link', () => {
    const root = temporaryDirectory();
    const elsewhere = temporaryDirectory();
    symlinkSync(elsewhere, join(root, '.vcl-partial'));
    expect(() => new PartialStore(root).join()).toThrow('no directory');
  });
});

describe('a claim', () => {
  it('must fit the size of the file', () => {
    const hashes = new Uint8Array(64);
    expect(isPlausibleClaim({ chunkBytes: MIB, hashes }, 2 * MIB)).toBe(true);
    expect(isPlausibleClaim({ chunkBytes: MIB, hashes }, 2 * MIB - 1)).toBe(false);
    expect(isPlausibleClaim({ chunkBytes: 1000, hashes }, 2 * MIB)).toBe(false);
    expect(isPlausibleClaim({ chunkBytes: MIB, hashes }, 2 ** 40)).toBe(false);
    expect(isPlausibleClaim({ chunkBytes: 64 * MIB, hashes }, 2 ** 40)).toBe(true);
  });
});

describe('the target directory', () => {
  it('follows no link below its root', () => {
    const { root, tree } = place();
    const outside = temporaryDirectory();
    symlinkSync(outside, join(root, 'link'));
    writeFileSync(join(root, 'file'), '');
    writeFileSync(join(root, 'new'), 'x');
    expect(tree.look('link/f')).toEqual({
      type: 'blocked',
      reason: 'link is a link, and links are not followed',
    });
    expect(tree.look('file/f').type).toBe('blocked');
    expect(() => tree.makeDirectory('link/d')).toThrow('not followed');
    expect(() => tree.place(join(root, 'new'), 'link/f', true)).toThrow('not followed');
    expect(readdirSync(outside)).toEqual([]);
  });

  it('replaces a link, and not what it points to', () => {
    const { root, tree } = place();
    const outside = join(temporaryDirectory(), 'victim');
    writeFileSync(outside, 'victim');
    symlinkSync(outside, join(root, 'f'));
    writeFileSync(join(root, 'new'), 'new');
    expect(() => tree.place(join(root, 'new'), 'f', false)).toThrow('--overwrite');
    tree.place(join(root, 'new'), 'f', true);
    expect(readFileSync(outside, 'utf8')).toBe('victim');
    expect(readFileSync(join(root, 'f'), 'utf8')).toBe('new');
  });

  it('never replaces a directory', () => {
    const { root, tree } = place();
    mkdirSync(join(root, 'd'));
    writeFileSync(join(root, 'new'), 'new');
    expect(() => tree.place(join(root, 'new'), 'd', true)).toThrow('a directory of this name');
  });

  it('must be there, unless it may be made', () => {
    const path = join(temporaryDirectory(), 'a', 'b');
    expect(() => new TargetTree(path, false)).toThrow('there is no such file');
    expect(new TargetTree(path, true).look('x')).toEqual({ type: 'absent' });
  });
});
