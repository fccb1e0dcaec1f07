import type { LogStatus } from '@vcl-protocol/core';
import {
  formatBytes,
  formatCount,
  formatNumberOf,
  formatTable,
  formatUnixTime,
  printable,
} from '../format.js';
import type { Paint } from '../output.js';
import type {
  DirectionDocument,
  EndDocument,
  FileDocument,
  LaneDocument,
  SessionDocument,
  VerifyDocument,
} from './documents.js';
import { formatComparison } from './format-comparison.js';
import { findingsOf, problemText } from './format-findings.js';

type Row = readonly [name: string, text: string];

/** What people see of `vcl verify`. */
export function formatVerification(document: VerifyDocument, paint: Paint): string[] {
  const lines = document.files.flatMap((file) => [...formatFile(file, paint), '']);
  const { comparison } = document;
  if (comparison !== undefined) lines.push(...formatComparison(comparison, paint), '');
  lines.push(verdict(document.status, paint), document.meaning);
  return lines;
}

function formatFile(file: FileDocument, paint: Paint): string[] {
  const { bytes, sessions, problems } = file;
  const contents = `${formatCount(bytes)} bytes, ${formatNumberOf(sessions.length, 'session')}`;
  const rows = problems.map((problem): Row => ['problem', paint.red(problemText(problem))]);
  return [
    `${paint.bold(printable(file.file))}: ${contents}`,
    ...sessions.flatMap((session) => formatSession(session, paint)),
    ...(rows.length === 0 ? [] : formatTable(rows)),
  ];
}

function formatSession(session: SessionDocument, paint: Paint): string[] {
  const { client, server, recorder, evidence, payloads, directions } = session;
  const rows: Row[] = [
    ['client', client.publicKey],
    ['', client.fingerprint],
    ['server', server.publicKey],
    ['', server.fingerprint],
    ['recorded by', `the ${recorder}, evidence ${evidence}, payloads ${payloads}`],
    ...timeRows(session),
    ['ended', endText(session.end)],
    ...previousRows(session),
    ...directions.flatMap(directionRows),
    ...findingsOf(session).map((text): Row => ['finding', paint.red(text)]),
    ['verdict', verdict(session.status, paint)],
  ];
  return [`session ${session.sid}`, ...formatTable(rows)];
}

/** The verdict as a phrase. */
function verdict(status: LogStatus, paint: Paint): string {
  return status === 'whole' ? paint.green(VERDICTS[status]) : paint.red(VERDICTS[status]);
}

const VERDICTS: Record<LogStatus, string> = {
  whole: 'WHOLE: unaltered, and signed from OPEN to FINAL in both directions',
  prefix: 'VALID PREFIX: unaltered as far as it goes, but the end is missing',
  'unsigned-tail': 'UNSIGNED TAIL: the last messages are covered by no signature',
  unreadable: 'NOT READABLE as a session log',
  altered: 'ALTERED: not what was signed, or signed in two versions',
};

function timeRows({
  startedTimeMs,
  firstStatementTimeMs,
  lastStatementTimeMs,
  keyEpochs,
}: SessionDocument): Row[] {
  const rows: Row[] = [['started', `${formatUnixTime(startedTimeMs)}, recorder's clock`]];
  if (firstStatementTimeMs !== null && lastStatementTimeMs !== null) {
    const span = `${formatUnixTime(firstStatementTimeMs)} to ${formatUnixTime(lastStatementTimeMs)}`;
    rows.push(['signed', `${span}, signers' clocks`]);
  }
  if (keyEpochs > 1) rows.push(['key epochs', formatCount(keyEpochs)]);
  return rows;
}

function endText(end: EndDocument | null): string {
  if (end === null) return 'the log does not say';
  const { name, closeCode, by } = end;
  return `${name} (${closeCode}), closed by ${by === 'recorder' ? 'the recorder' : 'its peer'}`;
}

function previousRows({ previous }: SessionDocument): Row[] {
  if (previous === undefined) return [];
  const states = {
    joined: 'which it joins',
    gap: 'after which something is missing',
    absent: 'which is not in this file',
  };
  return [['continues', `session ${previous.sid}, ${states[previous.state]}`]];
}

function directionRows(direction: DirectionDocument): Row[] {
  const { statements, final, signer, lanes } = direction;
  const signed = `${formatNumberOf(statements, 'statement')}${final ? ' with FINAL' : ', no FINAL'}`;
  return [
    [direction.direction, `${signed}, signed by ${signer.fingerprint}`],
    ...lanes
      .filter((lane) => lane.messages + lane.gaps > 0)
      .map((lane): Row => ['', laneText(lane)]),
  ];
}

function laneText({ lane, messages, bytes, gaps, through }: LaneDocument): string {
  const amount = `${formatNumberOf(messages, 'message')}, ${formatBytes(bytes)}`;
  return `${lane} lane: ${amount}, ${formatNumberOf(gaps, 'gap')}, ${formatCount(through)} signed`;
}
