import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { VCLError } from '@vcl-protocol/core';

/**
 * Appends a line to a file that several processes may append to. What is missing is created: the
 * file with mode 0600, its directories with 0700.
 *
 * @param line without a line break
 * @throws VCLError `IoError`
 */
export async function appendLine(path: string, line: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'a+', 0o600);
    try {
      // One write on an appending descriptor is atomic: lines of two writers never mix.
      await file.write(Buffer.from(`${await missingBreak(file)}${line}\n`));
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new VCLError('IoError', `cannot append to ${path}: ${String(cause)}`, { cause });
  }
}

/** An editor may have left the last line without a break. */
async function missingBreak(file: FileHandle): Promise<'' | '\n'> {
  const { size } = await file.stat();
  if (size === 0) return '';
  const last = Buffer.alloc(1);
  await file.read(last, 0, 1, size - 1);
  return last.toString() === '\n' ? '' : '\n';
}
