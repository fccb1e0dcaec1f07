/** What a message on the pipe between a process and its QUIC child is. */
export const MessageKind = {
  /** JSON: a {@link Command} to the child, a {@link Report} from it. */
  Control: 0,
  /** Bytes of a carrier's stream. */
  Stream: 1,
  /** A record as a datagram. */
  Datagram: 2,
  /** So many bytes (u32) of the stream, sent the other way, are used up. */
  Credit: 3,
  /** The child answers with the same kind. */
  Heartbeat: 4,
} as const;

/** One of {@link MessageKind}. */
export type MessageKind = (typeof MessageKind)[keyof typeof MessageKind];

/** Before each payload: its length u32, the kind u8, the id u32, all big endian. */
export const MESSAGE_HEADER_BYTES = 9;
/** The longest payload of a message, in bytes. */
export const MAX_PAYLOAD_BYTES: number = 1 << 20;
/** So many bytes of a stream may be under way on the pipe, in each direction. */
export const STREAM_WINDOW_BYTES: number = 256 * 1024;
