import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type FileSource, openFileSource } from '../../src/demo/file-source.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

function written(text: string): string {
  const path = join(temporaryDirectory(), 'source');
  writeFileSync(path, text);
  return path;
}

async function pieces(source: FileSource, pieceBytes: number): Promise<string[]> {
  const texts: string[] = [];
  for await (const piece of source.pieces(pieceBytes)) texts.push(Buffer.from(piece).toString());
  return texts;
}

describe('the file to send', () => {
  it('is the whole file in pieces', async () => {
    const source = await openFileSource(written('abcdefgh'));
    expect(source.bytes).toBe(8);
    expect(await pieces(source, 3)).toEqual(['abc', 'def', 'gh']);
  });

  it('is the beginning of the file when less is asked for', async () => {
    const source = await openFileSource(written('abcdefgh'), 4);
    expect(source.bytes).toBe(4);
    expect(await pieces(source, 3)).toEqual(['abc', 'd']);
  });

  it('is the file over and over when more is asked for', async () => {
    const source = await openFileSource(written('abc'), 8);
    expect((await pieces(source, 2)).join('')).toBe('abcabcab');
  });

  it('cannot be a file that is empty or not there', async () => {
    await expect(openFileSource(written(''))).rejects.toMatchObject({ code: 'IoError' });
    await expect(openFileSource('/nowhere/file')).rejects.toMatchObject({ code: 'IoError' });
  });

  it('does not wait for ever for a file that became empty', async () => {
    const path = written('abc');
    const source = await openFileSource(path, 10);
    writeFileSync(path, '');
    await expect(pieces(source, 2)).rejects.toThrow('is empty');
  });
});
