import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { VCLError } from '@vcl-protocol/core';

/** A file to send, or as much of it as asked for, over and over when that is more. */
export interface FileSource {
  readonly path: string;
  /** How many bytes {@link pieces} gives in all; at least 1. */
  readonly bytes: number;
  /** The contents in pieces of `pieceBytes`, the last of the file shorter. */
  pieces(pieceBytes: number): AsyncIterable<Uint8Array>;
}

/**
 * Opens a source.
 *
 * @param bytes how much to send; by default the file once
 * @throws VCLError `IoError` when the file is empty or not there
 */
export async function openFileSource(path: string, bytes?: number): Promise<FileSource> {
  const fileBytes = await sizeOf(path);
  const total = bytes ?? fileBytes;
  return { path, bytes: total, pieces: (pieceBytes) => readPieces(path, total, pieceBytes) };
}

async function* readPieces(
  path: string,
  total: number,
  pieceBytes: number,
): AsyncGenerator<Uint8Array> {
  let left = total;
  while (left > 0) {
    const before = left;
    // `end` is inclusive.
    const once = createReadStream(path, { highWaterMark: pieceBytes, end: left - 1 });
    for await (const piece of once) {
      left -= piece.length;
      yield piece;
    }
    if (left === before) throw emptyError(path);
  }
}

async function sizeOf(path: string): Promise<number> {
  const { size } = await stat(path).catch((cause: unknown) => {
    throw new VCLError('IoError', `cannot read ${path}: ${cause}`, { cause });
  });
  if (size === 0) throw emptyError(path);
  return size;
}

function emptyError(path: string): VCLError {
  return new VCLError('IoError', `${path} is empty: there is nothing to send`);
}
