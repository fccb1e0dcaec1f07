import { createReadStream } from 'node:fs';
import { type LogReport, SessionLogVerifier, VCLError } from '@vcl-protocol/core';
import { chooseProvider } from './crypto/choose.js';

/**
 * Verifies a session log (SPEC 11.2): whose words it holds, whether they were altered, how it ends.
 * It is read a piece at a time, so it may be larger than memory.
 *
 * @param log the path of the file, or its bytes
 * @throws VCLError `IoError` when the file cannot be read. What is wrong with the log is in the report
 */
export async function verifySessionLog(log: string | Uint8Array): Promise<LogReport> {
  const verifier = new SessionLogVerifier(chooseProvider());
  if (typeof log !== 'string') {
    verifier.push(log);
    return verifier.finish();
  }
  try {
    for await (const piece of createReadStream(log)) verifier.push(piece);
  } catch (cause) {
    throw new VCLError('IoError', `cannot read the session log ${log}: ${String(cause)}`, {
      cause,
    });
  }
  return verifier.finish();
}
