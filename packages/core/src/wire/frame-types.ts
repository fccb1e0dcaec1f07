/** The types of frames (SPEC 6). MESSAGE takes a range: its low bits are flags (SPEC 6.1). */
export const FrameType = {
  PADDING: 0x00,
  PING: 0x01,
  PONG: 0x02,
  ACK: 0x03,
  CONTROL: 0x04,
  CREDIT: 0x05,
  BLOCKED: 0x06,
  VERIFIED: 0x07,
  NEW_CONNECTION_ID: 0x08,
  RETIRE_CONNECTION_ID: 0x09,
  PATH_CHALLENGE: 0x0a,
  PATH_RESPONSE: 0x0b,
  CLOSE: 0x0c,
  HANDSHAKE_DONE: 0x0d,
  ACK_FREQUENCY: 0x0e,
  PATH_ATTACH: 0x0f,
  MESSAGE_MIN: 0x20,
  MESSAGE_MAX: 0x3f,
  GREASE_MIN: 0x40,
  GREASE_MAX: 0x7f,
} as const;

/** The highest lane number; lanes are 0 (R) and 1 (L) (SPEC 1). */
export const MAX_LANE = 1;

/** The number of lane L, the only one that has gaps (SPEC 6.5). */
export const LOSSY_LANE = 1;

/** The highest path id and connection id sequence number: salts hold it as a u32 (SPEC 5.2). */
export const MAX_PATH_ID = 0xffff_ffff;

/** Whether a record with a frame of this type is to be acknowledged: all but three do (SPEC 6). */
export function isAckEliciting(type: number): boolean {
  return type !== FrameType.ACK && type !== FrameType.PADDING && type !== FrameType.CLOSE;
}

/** Whether the type is one of the 32 forms of MESSAGE. */
export function isMessageType(type: number): boolean {
  return type >= FrameType.MESSAGE_MIN && type <= FrameType.MESSAGE_MAX;
}

/** Whether the type is never assigned, carries its length and is passed over (SPEC 6). */
export function isGreaseType(type: number): boolean {
  return type >= FrameType.GREASE_MIN && type <= FrameType.GREASE_MAX;
}
