/** Kinds of frames that a sent packet remembers, so that an ACK or a loss can be told to their owner. */
export const SentFrame = {
  /** ref: OutgoingMessage, start and end: its bytes. */
  Message: 1,
  /** start and end: offsets of the control stream. */
  Control: 2,
  /** start: lane. */
  Credit: 3,
  HandshakeDone: 4,
  /** start: sequence number of the id. */
  NewConnectionId: 5,
  /** start: sequence number of the id. */
  RetireConnectionId: 6,
  /** ref: Path; start: largest packet number that it acknowledged. */
  Ack: 7,
  Verified: 8,
  AckFrequency: 9,
  /** start: ping id. */
  Ping: 10,
  /** start: ping id. */
  Pong: 11,
  /** start: number of a lossy message that its owner wrote itself. */
  Packet: 12,
} as const;
