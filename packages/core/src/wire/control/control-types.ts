/** The types of control messages (SPEC 6.3); types from 0x40 on are ignored. */
export const ControlType = {
  STATEMENT: 1,
  GAP: 2,
  LEAF_WANTED: 3,
  REKEY_INIT: 4,
  REKEY_RESP: 5,
  REKEY_WANTED: 6,
  SIGNER: 7,
  TICKET: 8,
  EARLY: 9,
  IGNORED_MIN: 0x40,
} as const;

/** The longest body of a control message, in bytes (SPEC 6.3). */
export const MAX_CONTROL_BODY_BYTES = 16_384;
