import { sameBytes } from '../same-bytes.js';
import type { DirectionReport, LogReport, SessionReport } from './log-report.js';

/** Two signed statements that exclude each other: the signer said different things. */
export interface Equivocation {
  /** In hex, like the signer. */
  readonly sid: string;
  readonly direction: 0 | 1;
  readonly signer: string;
  /** The statements' number. */
  readonly k: number;
  /** Where the two entries stand, each in its file. */
  readonly offsetA: number;
  readonly offsetB: number;
}

/** How two logs of one direction of a session compare. */
export interface SharedDirection {
  readonly sid: string;
  readonly direction: 0 | 1;
  /** Whether one key signs in both; in session evidence logs can name different ones. */
  readonly sameSigner: boolean;
  /** Statements that both have and that are equal. */
  readonly agreeing: number;
  /** Statements that one alone has. */
  readonly onlyInA: number;
  readonly onlyInB: number;
}

/** What comparing two logs gives. */
export interface LogComparison {
  /** The first of each direction; each proves that its signer equivocated. */
  readonly equivocations: readonly Equivocation[];
  /** The directions of sessions that stand in both. */
  readonly shared: readonly SharedDirection[];
}

/**
 * Compares two logs: statements of the same signer, session, direction and number must be equal
 * (SPEC 11.2). Statements name the links, so equal statements mean equal messages.
 */
export function findEquivocation(reportA: LogReport, reportB: LogReport): LogComparison {
  const equivocations: Equivocation[] = [];
  const shared: SharedDirection[] = [];
  const sessionsB = bySid(reportB.sessions);
  for (const a of reportA.sessions) {
    for (const b of sessionsB.get(a.sid) ?? []) {
      const comparison = compareSessions(a, b);
      equivocations.push(...comparison.equivocations);
      shared.push(...comparison.shared);
    }
  }
  return { equivocations, shared };
}

/** Compares two records of one session. */
export function compareSessions(a: SessionReport, b: SessionReport): LogComparison {
  const equivocations: Equivocation[] = [];
  const shared: SharedDirection[] = [];
  for (const direction of [0, 1] as const) {
    const sideA = a.directions[direction];
    const sideB = b.directions[direction];
    const sameSigner = sideA.signer === sideB.signer;
    const { agreeing, differing, common } = compareHashes(sideA, sideB);
    if (sameSigner && differing !== undefined) {
      const offsetA = sideA.hashes.offsetOf(differing)!;
      const offsetB = sideB.hashes.offsetOf(differing)!;
      const { signer } = sideA;
      equivocations.push({ sid: a.sid, direction, signer, k: differing, offsetA, offsetB });
    }
    const onlyInA = sideA.statements - common;
    const onlyInB = sideB.statements - common;
    shared.push({ sid: a.sid, direction, sameSigner, agreeing, onlyInA, onlyInB });
  }
  return { equivocations, shared };
}

function compareHashes(
  a: DirectionReport,
  b: DirectionReport,
): { agreeing: number; common: number; differing: number | undefined } {
  let agreeing = 0;
  let common = 0;
  let differing: number | undefined;
  for (let index = 0; index < a.hashes.count; index++) {
    const k = a.hashes.numberAt(index);
    const other = b.hashes.hashOf(k);
    if (other === undefined) continue;
    common++;
    if (sameBytes(a.hashes.hashOf(k)!, other)) agreeing++;
    else differing ??= k;
  }
  return { agreeing, common, differing };
}

function bySid(sessions: readonly SessionReport[]): Map<string, SessionReport[]> {
  const map = new Map<string, SessionReport[]>();
  for (const session of sessions) {
    const list = map.get(session.sid);
    if (list === undefined) map.set(session.sid, [session]);
    else list.push(session);
  }
  return map;
}
