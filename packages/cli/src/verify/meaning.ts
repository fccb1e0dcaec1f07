import type { LogReport } from '@vcl-protocol/core';

/** What logs prove and what not, in a sentence; SECURITY.md has the whole of it (rule C4). */
export function meaningOf(reports: readonly LogReport[]): string {
  const sessions = reports.flatMap((report) => report.sessions);
  const isSession = sessions.some(({ evidence }) => evidence === 'session');
  return `${isSession ? SESSION_PROVES : IDENTITY_PROVES}; ${LIMITS}.`;
}

const IDENTITY_PROVES =
  'A log proves that the holder of a key stated these messages in this order per lane';
const SESSION_PROVES =
  'Session evidence convinces the two peers only, to others it attributes nothing to anybody';
const LIMITS =
  'not receipt unless the peer signed having seen it, not real time, not that a gap was lost rather than withheld: see SECURITY.md';
