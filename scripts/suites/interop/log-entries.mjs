// Session logs cut into entries (SPEC 11.1), to alter them entry by entry.
import { createHash } from 'node:crypto';

/** Entry types. */
export const EntryType = { SESSION: 1, MESSAGE: 2, GAP: 3, STATEMENT: 4, EPOCH: 5, END: 6 };

const MAGIC_BYTES = 8;
/** Length, type and the fields of a MESSAGE in front of salt and payload. */
const MESSAGE_HEAD_BYTES = 57;
const CHECKSUM_BYTES = 32;
const STATEMENT_DIRECTION = 53;
const STATEMENT_START = 5;
const STATEMENT_END = 259;
/** In a SESSION entry; 1 once a previous session follows. */
const PREVIOUS_COUNT = 5 + 4 + 3 + 5 * 32 + 8;
const RECORDER = 9;

/**
 * The entries of a log that is in order.
 *
 * @param {Buffer} log
 * @returns {{ offset: number, type: number, bytes: Buffer }[]} length and type included
 */
export function entriesOf(log) {
  const entries = [];
  for (let offset = MAGIC_BYTES; offset < log.length; ) {
    const size = 4 + log.readUInt32BE(offset);
    entries.push({ offset, type: log[offset + 4], bytes: log.subarray(offset, offset + size) });
    offset += size;
  }
  return entries;
}

/**
 * Edits that let the second session of a log name the first as the one before it.
 *
 * @param {Buffer} log
 * @param {{ wrong?: 'sid' | 'own' | 'seen' }} options what the second session gets wrong
 * @returns {[number, number, string][]} replacements, as in vcl_verify.py
 */
export function joiningEdits(log, sid, { wrong } = {}) {
  const entries = entriesOf(log);
  const second = entries.findLastIndex(({ type }) => type === EntryType.SESSION);
  const [first, rest] = [entries.slice(0, second), entries.slice(second)];
  const recorder = first[0].bytes[RECORDER];
  const previous = Buffer.concat([
    Buffer.from(sid, 'hex'),
    lastStatementHash(first, recorder),
    lastStatementHash(first, 1 - recorder),
  ]);
  if (wrong !== undefined) previous[{ sid: 0, own: 32, seen: 64 }[wrong]] ^= 1;
  const opening = Buffer.concat([
    rest[0].bytes.subarray(0, PREVIOUS_COUNT),
    Buffer.of(1),
    previous,
  ]);
  opening.writeUInt32BE(opening.length - 4);
  const checksum = checksumOf([{ type: EntryType.SESSION, bytes: opening }, ...rest.slice(1)]);
  const end = rest.at(-1);
  return [
    [end.offset + end.bytes.length - CHECKSUM_BYTES, CHECKSUM_BYTES, checksum.toString('hex')],
    [rest[0].offset, rest[0].bytes.length, opening.toString('hex')],
  ];
}

function lastStatementHash(entries, direction) {
  const last = entries.findLast(
    ({ type, bytes }) => type === EntryType.STATEMENT && bytes[STATEMENT_DIRECTION] === direction,
  );
  return createHash('sha256').update(last.bytes.subarray(STATEMENT_START, STATEMENT_END)).digest();
}

function checksumOf(entries) {
  const hash = createHash('sha256');
  for (const { type, bytes } of entries) {
    if (type === EntryType.MESSAGE) hash.update(bytes.subarray(0, MESSAGE_HEAD_BYTES));
    else if (type === EntryType.END) hash.update(bytes.subarray(0, -CHECKSUM_BYTES));
    else hash.update(bytes);
  }
  return hash.digest();
}
