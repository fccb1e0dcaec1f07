import type { LogAlteration, LogStatus } from '@vcl-protocol/core';
import type { DirectionName, LaneName } from '../verify/names.js';
import type { DirectionStats } from './relay-direction.js';
import type { SentFile } from './transfer.js';

/** What `vcl demo --json` prints. Times are in milliseconds. */
export interface DemoReport {
  /** Whether every check held; then the command exits with 0, else with 1. */
  readonly held: boolean;
  readonly checks: DemoChecks;
  /** What was sent. */
  readonly file: { readonly path: string; readonly bytes: number };
  readonly network: NetworkReport;
  readonly transfer: SentFile & {
    /** Bytes of the file a second. */
    readonly bytesPerSecond: number;
  };
  readonly receiver: {
    readonly publicKey: string;
    readonly bytes: number;
    /** Of what was received, in hex. */
    readonly sha256: string;
  };
  readonly log: DemoLogReport;
  readonly alteration: AlterationReport;
  readonly elapsedMs: number;
}

/** What the demo has to show. */
export interface DemoChecks {
  /** The SHA-256 of the file is the same on both sides. */
  readonly fileArrived: boolean;
  /** The receiver's log holds every message and verifies as whole. */
  readonly logWhole: boolean;
  /** A changed byte is found. */
  readonly alterationFound: boolean;
  /** It is located: the very message and entry, and no other. */
  readonly alterationLocated: boolean;
}

/** What the relay was asked to do, and what it did. */
export interface NetworkReport {
  /** Datagrams to drop, in percent of all. */
  readonly lossPercent: number;
  /** Datagrams to hold back so that others overtake them, in percent of the rest. */
  readonly heldPercent: number;
  /** For how long at most; what the machine adds shows in the directions. */
  readonly heldMs: number;
  readonly seed: number;
  readonly toServer: DirectionStats;
  readonly toClient: DirectionStats;
}

/** The receiver's log. */
export interface DemoLogReport {
  /** Null when it was not kept. */
  readonly file: string | null;
  readonly bytes: number;
  readonly status: LogStatus;
  /** From the sender. */
  readonly messages: number;
  /** In both directions. */
  readonly statements: number;
  readonly verifyMs: number;
}

/** The copy with a changed byte. */
export interface AlterationReport {
  /** Null when it was not kept. */
  readonly file: string | null;
  readonly changed: {
    readonly byteOffset: number;
    readonly entryOffset: number;
    readonly direction: DirectionName;
    readonly lane: LaneName;
    readonly message: number;
  };
  readonly status: LogStatus;
  /** All that verifying found. */
  readonly found: readonly (LogAlteration & {
    readonly direction: DirectionName;
    readonly lane: LaneName;
  })[];
  readonly verifyMs: number;
}
