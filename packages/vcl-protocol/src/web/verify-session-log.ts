import { type LogReport, SessionLogVerifier, VCLError } from '@vcl-protocol/core';
import { chooseProvider } from './crypto/choose.js';

/** A file as pages get it: every `Blob` is one. */
export interface PageFile {
  /** In bytes. */
  readonly size: number;
  slice(start: number, end: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

const PIECE_BYTES = 1024 * 1024;

/**
 * Verifies a session log (SPEC 11.2): whose words it holds, whether they were altered, how it ends.
 * A file is read a piece at a time, so it may be larger than memory.
 *
 * @param log the bytes, or a `File` or `Blob`
 * @throws VCLError `IoError` when the file cannot be read. What is wrong with the log is in the report
 */
export async function verifySessionLog(log: Uint8Array | PageFile): Promise<LogReport> {
  const verifier = new SessionLogVerifier(chooseProvider());
  if (log instanceof Uint8Array) {
    verifier.push(log);
    return verifier.finish();
  }
  for (let start = 0; start < log.size; start += PIECE_BYTES) {
    verifier.push(await readPiece(log, start));
  }
  return verifier.finish();
}

async function readPiece(log: PageFile, start: number): Promise<Uint8Array> {
  try {
    return new Uint8Array(await log.slice(start, start + PIECE_BYTES).arrayBuffer());
  } catch (cause) {
    throw new VCLError('IoError', 'the session log cannot be read: choose the file again', {
      cause,
    });
  }
}
