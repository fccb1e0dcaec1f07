import {
  closeCodeName,
  type DirectionReport,
  LOG_EXIT_CODES,
  type LogComparison,
  type LogStatus,
  type SessionReport,
} from '@vcl-protocol/core';
import type {
  AlterationDocument,
  ComparisonDocument,
  DirectionDocument,
  EndDocument,
  FileDocument,
  SessionDocument,
  VerifyDocument,
} from './documents.js';
import { meaningOf } from './meaning.js';
import { DIRECTION_NAMES, keyNames, LANE_NAMES } from './names.js';
import type { VerifiedFile } from './verify-file.js';

/** The document for one file, or for two and their comparison. */
export function describeVerification(
  files: readonly VerifiedFile[],
  comparison: LogComparison | undefined,
): VerifyDocument {
  const status = worstStatus(files, comparison);
  return {
    exitCode: LOG_EXIT_CODES[status],
    status,
    meaning: meaningOf(files.map(({ report }) => report)),
    files: files.map(describeFile),
    ...(comparison === undefined ? {} : { comparison: describeComparison(comparison) }),
  };
}

const FROM_WORST: readonly LogStatus[] = [
  'altered',
  'unreadable',
  'unsigned-tail',
  'prefix',
  'whole',
];

/** The worst verdict; equivocation between two files counts as altered. */
function worstStatus(
  files: readonly VerifiedFile[],
  comparison: LogComparison | undefined,
): LogStatus {
  const statuses = files.map(({ report }) => report.status);
  if ((comparison?.equivocations.length ?? 0) > 0) statuses.push('altered');
  return FROM_WORST.find((status) => statuses.includes(status)) ?? 'whole';
}

function describeFile({ file, bytes, report }: VerifiedFile): FileDocument {
  const { exitCode, status, sessions, problems } = report;
  return { file, bytes, exitCode, status, sessions: sessions.map(describeSession), problems };
}

function describeSession(session: SessionReport): SessionDocument {
  const { sid, exitCode, status, recorder, evidence, payloads, startedTimeMs } = session;
  const { end, previous, directions, problems } = session;
  return {
    sid,
    exitCode,
    status,
    client: keyNames(session.clientKey),
    server: keyNames(session.serverKey),
    recorder,
    evidence,
    payloads,
    startedTimeMs,
    firstStatementTimeMs: session.firstTimeMs ?? null,
    lastStatementTimeMs: session.lastTimeMs ?? null,
    keyEpochs: session.epochs,
    end: end === undefined ? null : describeEnd(end),
    ...(previous === undefined ? {} : { previous }),
    directions: directions.map(describeDirection),
    alterations: alterationsOf(session),
    problems,
  };
}

function describeEnd({ closeCode, remote }: NonNullable<SessionReport['end']>): EndDocument {
  return { closeCode, name: closeCodeName(closeCode), by: remote ? 'peer' : 'recorder' };
}

function describeDirection(report: DirectionReport, direction: number): DirectionDocument {
  return {
    direction: DIRECTION_NAMES[direction]!,
    signer: keyNames(report.signer),
    statements: report.statements,
    final: report.final,
    lanes: report.lanes.map(({ messages, bytes, through, gaps }, lane) => ({
      lane: LANE_NAMES[lane]!,
      messages,
      bytes,
      through,
      gaps,
    })),
  };
}

function describeComparison({ equivocations, shared }: LogComparison): ComparisonDocument {
  return {
    equivocations: equivocations.map(({ sid, direction, signer, k, offsetA, offsetB }) => ({
      sid,
      direction: DIRECTION_NAMES[direction],
      signer: keyNames(signer),
      statement: k,
      fileOffsets: [offsetA, offsetB],
    })),
    shared: shared.map(({ sid, direction, sameSigner, agreeing, onlyInA, onlyInB }) => ({
      sid,
      direction: DIRECTION_NAMES[direction],
      sameSigner,
      agreeing,
      onlyInFirst: onlyInA,
      onlyInSecond: onlyInB,
    })),
  };
}

function alterationsOf(session: SessionReport): AlterationDocument[] {
  return session.directions.flatMap(({ lanes }, direction) =>
    lanes.flatMap(({ alterations }, lane) =>
      alterations.map((alteration) => ({
        direction: DIRECTION_NAMES[direction]!,
        lane: LANE_NAMES[lane]!,
        ...alteration,
      })),
    ),
  );
}
