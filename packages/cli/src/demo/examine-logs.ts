import { describeVerification } from '../verify/describe.js';
import type { AlterationDocument, FileDocument } from '../verify/documents.js';
import { DIRECTION_NAMES, LANE_NAMES } from '../verify/names.js';
import { verifyLogFile } from '../verify/verify-file.js';
import { alterCopy, type PlannedAlteration } from './alter.js';
import type { DemoFiles } from './demo-files.js';
import type { AlterationReport, DemoChecks, DemoLogReport } from './report.js';
import type { SentFile } from './transfer.js';

/** What the logs of a demo show. */
export interface ExaminedLogs {
  readonly checks: Pick<DemoChecks, 'logWhole' | 'alterationFound' | 'alterationLocated'>;
  readonly log: DemoLogReport;
  readonly alteration: AlterationReport;
}

/** Verifies the receiver's log against what was sent, changes a copy of it, and verifies that. */
export async function examineLogs(
  files: Pick<DemoFiles, 'log' | 'altered' | 'kept'>,
  sent: Pick<SentFile, 'messages' | 'payloadBytes'>,
): Promise<ExaminedLogs> {
  const original = await verify(files.log);
  const planned = await alterCopy(files.log, files.altered);
  const altered = await verify(files.altered);
  const found = altered.document.sessions.flatMap(({ alterations }) => alterations);
  return {
    checks: {
      logWhole: isWholeLogOf(original.document, sent),
      alterationFound: altered.document.status === 'altered',
      alterationLocated: isLocated(planned, found),
    },
    log: describeLog(original, files.kept ? files.log : null),
    alteration: {
      file: files.kept ? files.altered : null,
      changed: describeChange(planned),
      status: altered.document.status,
      found,
      verifyMs: altered.verifyMs,
    },
  };
}

interface Verified {
  readonly document: FileDocument;
  readonly verifyMs: number;
}

async function verify(path: string): Promise<Verified> {
  const startedMs = performance.now();
  const { files } = describeVerification([await verifyLogFile(path)], undefined);
  const [document] = files;
  return { document: document!, verifyMs: performance.now() - startedMs };
}

/** Whether the log has one session with exactly the sender's messages, all signed. */
function isWholeLogOf(
  { status, sessions }: FileDocument,
  sent: Pick<SentFile, 'messages' | 'payloadBytes'>,
): boolean {
  const lane = sessions[0]?.directions[0]?.lanes[0];
  return (
    status === 'whole' &&
    sessions.length === 1 &&
    lane?.messages === sent.messages &&
    lane.bytes === sent.payloadBytes
  );
}

function isLocated(planned: PlannedAlteration, found: readonly AlterationDocument[]): boolean {
  const [first] = found;
  const { direction, lane, message, entryOffset } = describeChange(planned);
  return (
    found.length === 1 &&
    first?.direction === direction &&
    first.lane === lane &&
    first.fromMessage === message &&
    first.toMessage === message &&
    first.fileOffset === entryOffset
  );
}

function describeChange(planned: PlannedAlteration): AlterationReport['changed'] {
  const { byteOffset, entryOffset, direction, lane, message } = planned;
  return {
    byteOffset,
    entryOffset,
    direction: DIRECTION_NAMES[direction],
    lane: LANE_NAMES[lane],
    message,
  };
}

function describeLog({ document, verifyMs }: Verified, file: string | null): DemoLogReport {
  const { bytes, status, sessions } = document;
  const directions = sessions.flatMap((session) => session.directions);
  let statements = 0;
  for (const direction of directions) statements += direction.statements;
  const messages = directions[0]?.lanes[0]?.messages ?? 0;
  return { file, bytes, status, messages, statements, verifyMs };
}
