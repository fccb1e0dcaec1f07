import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type ChunkClaim, NO_CHUNKS } from '../../src/transfer/files/chunks.js';
import { asTime, timeOf } from '../../src/transfer/files/file-time.js';
import { SourceFile } from '../../src/transfer/files/source-file.js';
import { type SourceItem, walkSources } from '../../src/transfer/files/source-tree.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

async function walk(directory: string, links = false, name = 'top'): Promise<SourceItem[]> {
  const items: SourceItem[] = [];
  for await (const item of walkSources([{ absolute: directory, name }], { links }))
    items.push(item);
  return items;
}

function shown(items: readonly SourceItem[]): string[] {
  return items.map((item) =>
    item.type === 'entry' ? `${item.entry.kind} ${item.entry.path}` : `${item.type} ${item.path}`,
  );
}

describe('the files to send', () => {
  it('come in the order of their names, directories before what is in them', async () => {
    const directory = temporaryDirectory();
    mkdirSync(join(directory, 'b', 'empty'), { recursive: true });
    for (const name of ['c', 'b/2', 'b/1', 'a']) writeFileSync(join(directory, name), name);
    expect(shown(await walk(directory))).toEqual([
      'directory top',
      'file top/a',
      'directory top/b',
      'file top/b/1',
      'file top/b/2',
      'directory top/b/empty',
      'file top/c',
    ]);
    expect(shown(await walk(directory, false, ''))).not.toContain('directory top');
  });

  it('are neither links, unless asked for, nor unfinished files', async () => {
    const directory = temporaryDirectory();
    symlinkSync('nowhere', join(directory, 'link'));
    mkdirSync(join(directory, '.vcl-partial'));
    expect(shown(await walk(directory))).toEqual(['directory top', 'note top/link']);
    const [, link] = await walk(directory, true);
    expect(link).toMatchObject({ entry: { kind: 'link', path: 'top/link', target: 'nowhere' } });
  });

  it('have times that fit, sizes that fit and links that are UTF-8, or are told', async () => {
    const directory = temporaryDirectory();
    expect([timeOf({ mtimeMs: 9e18 }), timeOf({ mtimeMs: -9e18 })]).toEqual([8.64e15, -8.64e15]);
    expect(timeOf({ mtimeMs: 1.5 })).toBe(1.5);
    expect([asTime(1.5), asTime(-1500)]).toEqual([0.0015, new Date(-1500)]);
    symlinkSync(Buffer.of(0x61, 0xff), join(directory, 'link'));
    expect(shown(await walk(directory, true))).toEqual(['directory top', 'problem top/link']);
  });

  it('have names that are UTF-8, or are told', async () => {
    const directory = temporaryDirectory();
    const bad = Buffer.concat([Buffer.from(`${directory}/bad-`), Buffer.of(0xff)]);
    writeFileSync(bad, '');
    writeFileSync(join(directory, 'ok'), '');
    expect(shown(await walk(directory))).toEqual([
      'directory top',
      'problem top/bad-\ufffd',
      'file top/ok',
    ]);
  });

  it('are told when they cannot be found', async () => {
    const [item] = await walk(join(temporaryDirectory(), 'absent'));
    expect(item).toEqual({ type: 'problem', path: 'top', reason: 'there is no such file' });
  });
});

interface Sent {
  readonly data: Buffer;
  readonly sha256: string | undefined;
  readonly kept: number;
  readonly offsets: number[];
}

function offer(path: string): { bytes: number; mtimeMs: number } {
  const { size, mtimeMs } = statSync(path);
  return { bytes: size, mtimeMs };
}

async function send(file: SourceFile, claim: ChunkClaim, onPiece = () => {}): Promise<Sent> {
  const data: Buffer[] = [];
  const offsets: number[] = [];
  let kept = 0;
  let sha256: string | undefined;
  await file.send(claim, {
    onKept: (bytes) => {
      kept += bytes;
    },
    onPiece: async (piece) => {
      offsets.push(piece.offset);
      data.push(Buffer.from(piece.bytes));
      if (piece.sha256 !== undefined) sha256 = Buffer.from(piece.sha256).toString('hex');
      onPiece();
    },
  });
  return { data: Buffer.concat(data), sha256, kept, offsets };
}

describe('a file that is sent', () => {
  const MIB = 2 ** 20;
  const contents = randomBytes(2 * MIB + 77);
  const digest = createHash('sha256').update(contents).digest('hex');

  function written(bytes: Uint8Array = contents): string {
    const path = join(temporaryDirectory(), 'f');
    writeFileSync(path, bytes);
    return path;
  }

  function hashes(...chunks: Uint8Array[]): ChunkClaim {
    const all = chunks.map((chunk) => createHash('sha256').update(chunk).digest());
    return { chunkBytes: MIB, hashes: Buffer.concat(all) };
  }

  it.each([
    ['nothing of it', NO_CHUNKS, 0, 0],
    ['its beginning', hashes(contents.subarray(0, MIB)), MIB, MIB],
    [
      'all its chunks',
      hashes(contents.subarray(0, MIB), contents.subarray(MIB, 2 * MIB)),
      2 * MIB,
      2 * MIB,
    ],
    ['another second chunk', hashes(contents.subarray(0, MIB), Buffer.alloc(3)), MIB, MIB],
    ['another first chunk', hashes(Buffer.alloc(3), contents.subarray(MIB, 2 * MIB)), MIB, 0],
  ])('is sent as far as needed to one who has %s', async (_, claim, kept, first) => {
    const path = written();
    const file = await SourceFile.open(path, offer(path));
    const sent = await send(file, claim);
    await file.close();
    expect([sent.kept, sent.offsets[0], sent.sha256]).toEqual([kept, first, digest]);
    expect(sent.data).toHaveLength(contents.length - kept);
  });

  it('has an end even when it is empty, or all of it is there', async () => {
    for (const bytes of [new Uint8Array(0), contents.subarray(0, MIB)]) {
      const path = written(bytes);
      const file = await SourceFile.open(path, offer(path));
      const sent = await send(file, hashes(contents.subarray(0, MIB)));
      await file.close();
      expect(sent.offsets).toEqual([bytes.length]);
      expect(sent.sha256).toBe(createHash('sha256').update(bytes).digest('hex'));
    }
  });

  it.each([
    ['grows', (path: string) => appendFileSync(path, 'x')],
    ['shrinks', (path: string) => truncateSync(path, 1000)],
    ['changes', (path: string) => writeFileSync(path, Buffer.alloc(contents.length))],
  ])('is noticed when it %s meanwhile, and gets no hash', async (_, change) => {
    const path = written();
    const file = await SourceFile.open(path, offer(path));
    let pieces = 0;
    let last: unknown;
    const sending = file.send(NO_CHUNKS, {
      onKept: () => {},
      onPiece: async ({ sha256 }) => {
        last = sha256;
        if (pieces++ === 3) change(path);
      },
    });
    await expect(sending).rejects.toThrow('while it was sent');
    expect(last).toBeUndefined();
    await file.close();
  });

  it('is not opened when it is another one than was offered', async () => {
    const path = written();
    const offered = offer(path);
    writeFileSync(path, 'other');
    await expect(SourceFile.open(path, offered)).rejects.toThrow('changed');
    rmSync(path);
    await expect(SourceFile.open(path, offered)).rejects.toThrow('ENOENT');
    symlinkSync('elsewhere', path);
    await expect(SourceFile.open(path, offered)).rejects.toThrow('ELOOP');
  });
});
