import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { type LogReport, SessionLogVerifier, VCLError } from '@vcl-protocol/core';
import { chooseProvider } from 'vcl-protocol';
import { systemCodeOf } from '../exit-codes.js';

/** A log file and the verdict on it. */
export interface VerifiedFile {
  /** As the user named it. */
  readonly file: string;
  /** How long the file is. */
  readonly bytes: number;
  readonly report: LogReport;
}

/**
 * Verifies a session log, a piece after the other, so that it may be larger than memory.
 *
 * @param onProgress told after every piece how many bytes are done
 * @throws VCLError `IoError` when the file cannot be read
 */
export async function verifyLogFile(
  file: string,
  onProgress: (bytes: number, totalBytes: number) => void = ignore,
): Promise<VerifiedFile> {
  const verifier = new SessionLogVerifier(chooseProvider());
  let bytes = 0;
  try {
    const totalBytes = await sizeOf(file);
    for await (const piece of createReadStream(file, { highWaterMark: PIECE_BYTES })) {
      verifier.push(piece);
      bytes += piece.length;
      onProgress(bytes, Math.max(bytes, totalBytes));
    }
  } catch (cause) {
    if (systemCodeOf(cause) === undefined) throw cause;
    throw new VCLError('IoError', `cannot read ${file}: ${reason(cause)}`, { cause });
  }
  return { file, bytes, report: verifier.finish() };
}

const PIECE_BYTES = 2 ** 20;

function ignore(): void {}

/** Of a regular file its size, which is for the progress only. */
async function sizeOf(file: string): Promise<number> {
  const handle = await open(file, 'r');
  try {
    return (await handle.stat()).size;
  } finally {
    await handle.close();
  }
}

function reason(cause: unknown): string {
  switch (systemCodeOf(cause)) {
    case 'ENOENT':
      return 'there is no such file, check FILE';
    case 'EISDIR':
      return 'it is a directory, name the log in it';
    case 'EACCES':
      return 'permission denied, ask its owner (logs are written with mode 0600)';
    default:
      return String(cause);
  }
}
