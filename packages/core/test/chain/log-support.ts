import { checksummedPart, LogChecksum } from '../../src/chain/session-log/log-checksum.js';
import { decodeLogEntry } from '../../src/chain/session-log/log-decode.js';
import type { LogEntry, MessageEntry } from '../../src/chain/session-log/log-entry.js';
import { LogParser } from '../../src/chain/session-log/log-parser.js';
import type { LogAlteration, LogReport } from '../../src/chain/session-log/log-report.js';
import { SessionLogVerifier } from '../../src/chain/session-log/log-verifier.js';
import { crypto } from './node-crypto.js';

const CHECKSUM_BYTES = 32;

/** The verdict on a file that comes in one piece. */
export function verifyLog(file: Uint8Array): LogReport {
  const verifier = new SessionLogVerifier(crypto);
  verifier.push(file);
  return verifier.finish();
}

/** An entry of a log, with copies of its bytes. */
export interface PlacedEntry {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly entry: LogEntry;
}

/** The entries of a good log. */
export function entriesOf(file: Uint8Array): PlacedEntry[] {
  const parser = new LogParser();
  parser.push(file);
  const entries: PlacedEntry[] = [];
  for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
    const bytes = raw.bytes.slice();
    entries.push({
      offset: raw.offset,
      bytes,
      entry: decodeLogEntry(raw.type, bytes.subarray(5))!,
    });
  }
  return entries;
}

/** A log of these entries as somebody writes it who edits on purpose: with the right checksums. */
export function forge(entries: readonly { readonly bytes: Uint8Array }[]): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.from([0x56, 0x43, 0x4c, 0x4c, 0x4f, 0x47, 0, 1])];
  let checksum = new LogChecksum(crypto);
  for (const { bytes } of entries) {
    const copy = bytes.slice();
    const type = copy[4]!;
    if (type === 1) checksum = new LogChecksum(crypto);
    checksum.add(checksummedPart(type, copy));
    if (type === 6) {
      copy.set(checksum.digest(), copy.length - CHECKSUM_BYTES);
      checksum = new LogChecksum(crypto);
    }
    parts.push(copy);
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** The file with one byte changed. */
export function flip(file: Uint8Array, offset: number, mask: number): Uint8Array {
  const copy = file.slice();
  copy[offset]! ^= mask;
  return copy;
}

/** The message whose entry holds the byte at `offset` of the file, and the byte's place in it. */
export function messageAt(
  entries: readonly PlacedEntry[],
  offset: number,
): { readonly entry: MessageEntry; readonly position: number } | undefined {
  for (const { offset: start, bytes, entry } of entries) {
    const inside = offset >= start && offset < start + bytes.length;
    if (inside) return entry.type === 'message' ? { entry, position: offset - start } : undefined;
  }
  return undefined;
}

/** All alterations of the lane that a message is in, in the first session. */
export function alterationsOf(
  report: LogReport,
  place: { readonly direction: 0 | 1; readonly lane: 0 | 1 },
): readonly LogAlteration[] {
  return report.sessions[0]!.directions[place.direction].lanes[place.lane].alterations;
}

/** Whether one of the alterations has `n` inside. */
export function covers(alterations: readonly LogAlteration[], n: number): boolean {
  return alterations.some(({ fromMessage, toMessage }) => fromMessage <= n && n <= toMessage);
}
