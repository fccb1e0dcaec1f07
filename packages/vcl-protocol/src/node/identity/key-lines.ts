import { readFile } from 'node:fs/promises';
import { VCLError } from '@vcl-protocol/core';
import { PUBLIC_KEY_PREFIX, readPublicKey } from '../../identity/public-key.js';

/** A line of a file of public keys. */
export interface KeyLine {
  /** Counted from 1. */
  readonly line: number;
  /** The words of the line; one of them is the key. */
  readonly words: readonly string[];
  readonly key: Uint8Array;
}

/** What a file of public keys looks like. */
export interface KeyLineFormat {
  /** Which word of a line is the key, from 0. */
  readonly keyColumn: number;
  /** A whole line, for error messages. */
  readonly form: string;
}

/**
 * Reads a file with one public key a line. Blank lines, comments (`#`) and lines with a key of an
 * unknown kind (`name:...`) are passed over.
 *
 * @returns undefined when there is no such file
 * @throws VCLError `InvalidKey` that names file and line of a malformed one; `IoError`
 */
export async function readKeyLines(
  path: string,
  format: KeyLineFormat,
): Promise<KeyLine[] | undefined> {
  const text = await readTextIfPresent(path);
  return text === undefined ? undefined : parseKeyLines(text, path, format);
}

function parseKeyLines(text: string, path: string, format: KeyLineFormat): KeyLine[] {
  const lines: KeyLine[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const words = content.trim().split(/\s+/);
    if (words[0] === '' || words[0]?.startsWith('#')) continue;
    const line = index + 1;
    const written = words[format.keyColumn] ?? '';
    if (isOtherKind(written)) continue;
    lines.push({ line, words, key: readKeyAt(written, `${path}:${line}`, format) });
  }
  return lines;
}

function readKeyAt(written: string, place: string, format: KeyLineFormat): Uint8Array {
  try {
    return readPublicKey(written);
  } catch (cause) {
    throw new VCLError(
      'InvalidKey',
      `${place}: not of the form '${format.form}': correct the line, or put # before it`,
      { cause },
    );
  }
}

function isOtherKind(written: string): boolean {
  return /^[a-z][a-z0-9-]*:./.test(written) && !written.startsWith(PUBLIC_KEY_PREFIX);
}

async function readTextIfPresent(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw new VCLError('IoError', `cannot read ${path}: ${String(cause)}`, { cause });
  }
}
