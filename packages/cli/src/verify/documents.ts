import type { LogAlteration, LogProblem, LogStatus, PreviousReport } from '@vcl-protocol/core';
import type { DirectionName, KeyNames, LaneName } from './names.js';

/** What `vcl verify --json` prints. */
export interface VerifyDocument {
  /** What the command exits with. */
  readonly exitCode: number;
  readonly status: LogStatus;
  /** What such a log proves and what not, in a sentence. */
  readonly meaning: string;
  readonly files: readonly FileDocument[];
  /** Present when two files were given. */
  readonly comparison?: ComparisonDocument;
}

/** One file. */
export interface FileDocument {
  readonly file: string;
  readonly bytes: number;
  readonly exitCode: number;
  readonly status: LogStatus;
  readonly sessions: readonly SessionDocument[];
  /** What concerns no single session. */
  readonly problems: readonly LogProblem[];
}

/** One session of a file. Times are Unix milliseconds. */
export interface SessionDocument {
  readonly sid: string;
  readonly exitCode: number;
  readonly status: LogStatus;
  readonly client: KeyNames;
  readonly server: KeyNames;
  readonly recorder: 'client' | 'server';
  readonly evidence: 'identity' | 'session';
  readonly payloads: 'kept' | 'redacted';
  /** By the clock of the recorder. */
  readonly startedTimeMs: number;
  /** Of the first and the last statement, by the clocks of their signers. */
  readonly firstStatementTimeMs: number | null;
  readonly lastStatementTimeMs: number | null;
  readonly keyEpochs: number;
  /** Null when the log does not say how the session ended. */
  readonly end: EndDocument | null;
  readonly previous?: PreviousReport;
  readonly directions: readonly DirectionDocument[];
  readonly alterations: readonly AlterationDocument[];
  readonly problems: readonly LogProblem[];
}

/** How a session ended, by the word of the recorder. */
export interface EndDocument {
  readonly closeCode: number;
  /** The name of the close code (SPEC 9.2). */
  readonly name: string;
  readonly by: 'recorder' | 'peer';
}

/** One direction of a session. */
export interface DirectionDocument {
  readonly direction: DirectionName;
  readonly signer: KeyNames;
  /** With a good signature. */
  readonly statements: number;
  readonly final: boolean;
  /** The reliable and the lossy lane. */
  readonly lanes: readonly LaneDocument[];
}

/** One lane of a direction. */
export interface LaneDocument {
  readonly lane: LaneName;
  /** Messages that stand in the log. */
  readonly messages: number;
  /** Bytes of their payloads, kept or not. */
  readonly bytes: number;
  /** Messages that a good statement covers, lost ones included. */
  readonly through: number;
  /** Messages that the sender gave up. */
  readonly gaps: number;
}

/** A run of messages that provably contains an alteration. */
export interface AlterationDocument extends LogAlteration {
  readonly direction: DirectionName;
  readonly lane: LaneName;
}

/** What two logs say about each other. */
export interface ComparisonDocument {
  readonly equivocations: readonly EquivocationDocument[];
  /** The directions of the sessions that stand in both. */
  readonly shared: readonly SharedDocument[];
}

/** Two different statements that one signer gave the same number. */
export interface EquivocationDocument {
  readonly sid: string;
  readonly direction: DirectionName;
  readonly signer: KeyNames;
  readonly statement: number;
  /** Where they stand in the first and in the second file. */
  readonly fileOffsets: readonly [number, number];
}

/** How two logs of one direction compare, in statements. */
export interface SharedDocument {
  readonly sid: string;
  readonly direction: DirectionName;
  /** Session evidence allows for logs that name different signers. */
  readonly sameSigner: boolean;
  readonly agreeing: number;
  readonly onlyInFirst: number;
  readonly onlyInSecond: number;
}
