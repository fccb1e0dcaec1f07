/** Why a session was closed, as it travels in CLOSE (SPEC 9.2). */
export const CloseCode = {
  NO_ERROR: 0,
  INTERNAL: 1,
  PROTOCOL_VIOLATION: 2,
  FRAME_ENCODING: 3,
  FLOW_CONTROL: 4,
  LIMIT_EXCEEDED: 5,
  CHAIN_INVALID: 6,
  SIGNATURE_INVALID: 7,
  SIGNATURE_OVERDUE: 8,
  CHECKPOINT_RATE: 9,
  AUTH_REFUSED: 10,
  IDENTITY_CHANGED: 11,
  VERSION: 12,
  PQ_REQUIRED: 13,
  KEY_LIMIT: 14,
  IDLE: 15,
  PATH_LOST: 16,
  MESSAGE_TOO_BIG: 17,
  APPLICATION: 18,
} as const;

/** One of the numbers of {@link CloseCode}. */
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];

const NAMES: readonly string[] = Object.keys(CloseCode);

/** The name of a close code for logs and messages; `UNKNOWN` for a number without one. */
export function closeCodeName(code: number): string {
  return NAMES[code] ?? 'UNKNOWN';
}
