// Whole session logs: what proves a session afterwards. A log that was changed anywhere must not
// verify as whole, and no log may stop the verifier.
import { findEquivocation } from '../../packages/core/dist/chain/session-log/equivocation.js';
import { LogEntryType } from '../../packages/core/dist/chain/session-log/log-entry.js';
import { LogParser } from '../../packages/core/dist/chain/session-log/log-parser.js';
import { LOG_EXIT_CODES } from '../../packages/core/dist/chain/session-log/log-report.js';
import { SessionLogVerifier } from '../../packages/core/dist/chain/session-log/log-verifier.js';
import { check } from './support/checks.mjs';
import { createFakeProvider } from './support/fake-crypto.mjs';
import { genuineLogs, LOG_DICTIONARY } from './support/logs.mjs';

const MAX_LOG_BYTES = 8_192;
const crypto = createFakeProvider();

const MAGIC_BYTES = 8;

/** The bytes of the sessions of a file, each as text. */
function sessionsOf(file) {
  const parser = new LogParser();
  parser.push(file);
  const sessions = [];
  for (let raw = parser.next(); raw !== undefined; raw = parser.next()) {
    const bytes = Buffer.from(raw.bytes).toString('latin1');
    if (raw.type === LogEntryType.SESSION) sessions.push(bytes);
    else sessions[sessions.length - 1] += bytes;
  }
  return sessions;
}

let genuineSessions;
let genuineReport;

function verify(file, pieceBytes = file.length) {
  const verifier = new SessionLogVerifier(crypto);
  for (let at = 0; at < file.length; at += pieceBytes) {
    verifier.push(file.subarray(at, at + pieceBytes));
  }
  return verifier.finish();
}

/** The verdict is consistent, does not depend on pieces, and is `whole` for genuine sessions only. */
function runSessionLog(input) {
  genuineSessions ??= new Set(genuineLogs().flatMap((log) => sessionsOf(log)));
  genuineReport ??= verify(genuineLogs()[0]);
  const report = verify(input);
  check(report.exitCode === LOG_EXIT_CODES[report.status], 'verdict and exit code disagree');
  if (report.status === 'whole') {
    for (const session of sessionsOf(input)) {
      check(genuineSessions.has(session), 'a changed session is whole');
    }
    check(input.length > MAGIC_BYTES, 'a file without a session is whole');
  }
  for (const problem of report.problems) check(problem.message !== '', 'a problem without words');
  findEquivocation(report, genuineReport);
  if (input.length % 4 !== 0) return;
  const pieces = verify(input, 1 + (input.length % 97));
  check(show(pieces) === show(report), 'pieces make a difference to the verdict');
}

const show = (report) => JSON.stringify(report, (key, value) => (key === 'hashes' ? 0 : value));

export const targets = [
  {
    name: 'session-log',
    maxBytes: MAX_LOG_BYTES,
    dictionary: LOG_DICTIONARY,
    seeds: genuineLogs,
    run: runSessionLog,
  },
];
