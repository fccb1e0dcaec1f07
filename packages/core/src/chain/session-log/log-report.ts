import type { StatementHashes } from './statement-hashes.js';

/**
 * The verdict on a log (SPEC 11.2), best to worst: whole; a valid prefix without FINAL or END; a
 * tail that no statement covers; not readable; altered or equivocating.
 */
export type LogStatus = 'whole' | 'prefix' | 'unsigned-tail' | 'unreadable' | 'altered';

/** A verdict as a number, for a command's exit (SPEC 11.2). */
export type LogExitCode = 0 | 1 | 2 | 3 | 4;

/** The exit code of each verdict (SPEC 11.2). */
export const LOG_EXIT_CODES: Readonly<Record<LogStatus, LogExitCode>> = {
  whole: 0,
  altered: 1,
  prefix: 2,
  'unsigned-tail': 3,
  unreadable: 4,
};

/** What was done to a message or to some of an interval. */
export type AlterationKind =
  /** The entry's leaf and its payload, kind, number or salt disagree. */
  | 'entry'
  /** No entry for messages that a statement covers. */
  | 'missing'
  /** A second entry for the message. */
  | 'duplicate'
  /** A message and its GAP, or two entries of the number, have different leaves. */
  | 'conflict'
  /** A number far from all around it, or behind the statement that covers it. */
  | 'misplaced'
  /** A message beyond the FINAL statement. */
  | 'beyond-final'
  /** Every entry agrees with itself, and yet the links are not the ones signed. */
  | 'links';

/** The smallest run of messages that provably contains an alteration (rule C3). */
export interface LogAlteration {
  readonly kind: AlterationKind;
  /** The first message of the run. */
  readonly fromMessage: number;
  /** The last message of the run. */
  readonly toMessage: number;
  /** Where in the file the entry stands that shows it: the message's, else the statement's. */
  readonly fileOffset: number;
}

/** What went wrong apart from single messages, by its consequence for the verdict. */
export type LogProblemCode =
  | 'unreadable'
  | 'malformed-entry'
  | 'stray-entry'
  | 'cut'
  | 'keys'
  | 'payload-form'
  | 'epoch'
  | 'statement'
  | 'signature'
  | 'equivocation'
  | 'checksum'
  | 'tail'
  | 'previous-session';

/** A finding with a sentence for people. */
export interface LogProblem {
  readonly code: LogProblemCode;
  readonly message: string;
  /** Where in the file. */
  readonly fileOffset: number;
  /** The statement's direction and number, where it is about one. */
  readonly direction?: 0 | 1;
  readonly k?: number;
}

/** One lane of a direction. */
export interface LaneReport {
  /** Messages that stand in the log. */
  readonly messages: number;
  /** Bytes of their payloads, kept or not. */
  readonly bytes: number;
  /** Messages that a good statement covers, lost ones included. */
  readonly through: number;
  /** Messages that the sender gave up. */
  readonly gaps: number;
  /** The first of {@link alterations}. */
  readonly alteration?: LogAlteration;
  /** By message number; at most 256. */
  readonly alterations: readonly LogAlteration[];
}

/** One direction of a session. */
export interface DirectionReport {
  /** The key that signs, in hex. */
  readonly signer: string;
  /** Statements with a good signature. */
  readonly statements: number;
  /** Whether FINAL is among them. */
  readonly final: boolean;
  /** Lane R and lane L. */
  readonly lanes: readonly [LaneReport, LaneReport];
  /** Hashes of the good statements, for comparing logs. */
  readonly hashes: StatementHashes;
}

/** How a session continues an earlier one (rule C5). */
export interface PreviousReport {
  /** The earlier session's id in hex. */
  readonly sid: string;
  /** `absent`: not in this file; `gap`: it ends elsewhere than this one says. */
  readonly state: 'joined' | 'gap' | 'absent';
}

/** One session of a log. */
export interface SessionReport {
  readonly exitCode: LogExitCode;
  readonly status: LogStatus;
  /** In hex, like all keys here. */
  readonly sid: string;
  readonly clientKey: string;
  readonly serverKey: string;
  readonly recorder: 'client' | 'server';
  readonly evidence: 'identity' | 'session';
  readonly payloads: 'kept' | 'redacted';
  /** What the recorder says about the beginning; Unix time. */
  readonly startedTimeMs: number;
  /** What the signers say: the first and the last statement. Undefined without statements. */
  readonly firstTimeMs: number | undefined;
  readonly lastTimeMs: number | undefined;
  /** Key epochs, the first included. */
  readonly epochs: number;
  /** Client to server, server to client. */
  readonly directions: readonly [DirectionReport, DirectionReport];
  /** How it ended, as the recorder says. */
  readonly end: { readonly closeCode: number; readonly remote: boolean } | undefined;
  readonly previous?: PreviousReport;
  /** At most 256. */
  readonly problems: readonly LogProblem[];
}

/** The verdict on a file. */
export interface LogReport {
  /** The worst of the sessions and of the file (SPEC 11.2). */
  readonly exitCode: LogExitCode;
  readonly status: LogStatus;
  readonly sessions: readonly SessionReport[];
  /** What concerns no single session. */
  readonly problems: readonly LogProblem[];
}

/** How much of a list of findings is kept, so that memory stays bounded. */
export const MAX_FINDINGS = 256;

const FROM_BEST: readonly LogStatus[] = [
  'whole',
  'prefix',
  'unsigned-tail',
  'unreadable',
  'altered',
];

/** The worse of two verdicts. */
export function worse(a: LogStatus, b: LogStatus): LogStatus {
  return FROM_BEST.indexOf(a) >= FROM_BEST.indexOf(b) ? a : b;
}

/** What a problem makes of a verdict. */
export function statusOf(code: LogProblemCode): LogStatus {
  switch (code) {
    case 'unreadable':
    case 'malformed-entry':
    case 'stray-entry':
      return 'unreadable';
    case 'cut':
    case 'previous-session':
      return 'prefix';
    default:
      return 'altered';
  }
}
