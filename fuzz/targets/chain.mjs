// Statements and the entries of session logs, one by one.
import { decodeLogEntry } from '../../packages/core/dist/chain/session-log/log-decode.js';
import {
  encodeEndHead,
  encodeEpochEntry,
  encodeGapEntry,
  encodeMessageHead,
  encodeSessionEntry,
  encodeStatementEntry,
  MESSAGE_HEAD_BYTES,
} from '../../packages/core/dist/chain/session-log/log-encode.js';
import { LogEntryType } from '../../packages/core/dist/chain/session-log/log-entry.js';
import { LogParser } from '../../packages/core/dist/chain/session-log/log-parser.js';
import {
  decodeStatement,
  encodeStatement,
  STATEMENT_BYTES,
} from '../../packages/core/dist/chain/statement.js';
import { Writer } from '../../packages/core/dist/wire/writer.js';
import { check, checkSame, checkSameBytes } from './support/checks.mjs';
import { genuineLogs, LOG_DICTIONARY } from './support/logs.mjs';

const statementScratch = new Uint8Array(STATEMENT_BYTES);

function runStatement(input) {
  const statement = decodeStatement(input);
  if (statement === undefined) return;
  check(input.length === STATEMENT_BYTES, 'a statement of another length');
  encodeStatement(statement, statementScratch);
  checkSameBytes(statementScratch, input, 'a statement with a second form');
}

function generateStatement(random) {
  const bytes = random.bytes(STATEMENT_BYTES);
  const [log] = genuineLogs();
  const parser = new LogParser();
  parser.push(log);
  const statements = [];
  for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
    if (raw.type === LogEntryType.STATEMENT) statements.push(raw.body.slice(0, STATEMENT_BYTES));
  }
  if (statements.length > 0) bytes.set(random.pick(statements));
  return bytes;
}

/** The first byte is the type of the entry, the rest its body. */
function runEntry(input) {
  if (input.length === 0) return;
  const entry = decodeLogEntry(input[0], input.subarray(1));
  if (entry === undefined) return;
  const framed = encodeEntry(entry);
  checkSameBytes(framed.subarray(4), input, 'an entry with a second form');
  const length = new DataView(framed.buffer).getUint32(0);
  check(length === input.length, "a length that is not the entry's");
}

function encodeEntry(entry) {
  switch (entry.type) {
    case 'session':
      return encodeSessionEntry(entry, entry.payloads);
    case 'gap':
      return encodeGapEntry(entry);
    case 'statement':
      return encodeStatementEntry(entry.statement, entry.signature);
    case 'epoch':
      return encodeEpochEntry(entry.epoch, entry.eth);
    case 'end':
      return join(encodeEndHead(entry), entry.checksum);
    default:
      return encodeMessageEntry(entry);
  }
}

/** Of a kept message the verifier judges whether its length is its payload's. */
function encodeMessageEntry({ direction, lane, kind, n, length, leaf, shown }) {
  const head = new Uint8Array(MESSAGE_HEAD_BYTES);
  const w = new Writer().reset(head, 0, head.length);
  encodeMessageHead(w, false, direction, lane, kind, n, length, leaf);
  if (shown === undefined) return head;
  const whole = join(head, shown.salt, shown.payload);
  new DataView(whole.buffer).setUint32(0, whole.length - 4);
  return whole;
}

function join(...parts) {
  const joined = Buffer.concat(parts);
  return new Uint8Array(joined.buffer.slice(joined.byteOffset, joined.byteOffset + joined.length));
}

function generateEntry(random) {
  const parser = new LogParser();
  parser.push(random.pick(genuineLogs()));
  const entries = [];
  for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
    entries.push(raw.bytes.slice(4));
  }
  return random.pick(entries).subarray(0, 600);
}

/** Whatever pieces the file comes in, its entries are the same. */
function runLogParser(input) {
  const piece = 1 + ((input[0] ?? 0) & 127);
  const file = input.subarray(1);
  const whole = new LogParser();
  whole.push(file);
  const expected = entriesOf(whole);
  const parser = new LogParser();
  const got = [];
  for (let at = 0; at < file.length; at += piece) {
    parser.push(file.subarray(at, at + piece));
    got.push(...entriesOf(parser));
  }
  checkSame(got, expected, 'pieces make a difference');
  check(parser.state === whole.state, 'pieces make a difference to what can be read');
  check(parser.offset === whole.offset, 'pieces make a difference to where it ends');
  if (whole.state === 'reading') check(parser.rest === whole.rest, 'another rest');
}

function entriesOf(parser) {
  const entries = [];
  for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
    entries.push([raw.offset, raw.type, raw.bytes.slice(), raw.body.slice()]);
  }
  return entries;
}

export const targets = [
  { name: 'statement', maxBytes: 280, generate: generateStatement, run: runStatement },
  { name: 'log-entry', maxBytes: 640, generate: generateEntry, run: runEntry },
  {
    name: 'log-parser',
    maxBytes: 1_024,
    dictionary: LOG_DICTIONARY,
    seeds: () => genuineLogs().map((log) => join(Uint8Array.of(40), log.subarray(0, 1_000))),
    run: runLogParser,
  },
];
