import { Reader } from '../reader.js';
import { varintLength, Writer } from '../writer.js';

const SIGNATURE_BYTES = 64;
/** OPEN and FINAL. */
const KNOWN_FLAGS = 0x03;
const MAX_EPOCH = 0xffff_ffff;

/** What of a statement travels; the receiver builds the rest (SPEC 8.3). */
export interface StatementMessage {
  /** 1 OPEN, 2 FINAL. */
  readonly flags: number;
  /** The statement's number. */
  readonly k: number;
  /** How many messages of lane R it covers. */
  readonly rThrough: number;
  /** How many messages of lane L it covers. */
  readonly lThrough: number;
  /** How many of the peer's statements were verified. */
  readonly seen: number;
  /** The sender's sending epoch, 0 to 2^32 - 1. */
  readonly epoch: number;
  /** The sender's Unix time in milliseconds. */
  readonly timeMs: number;
  /** The 64 bytes of the Ed25519 signature. */
  readonly signature: Uint8Array;
}

/** The body of a STATEMENT. RangeError when the signature has not 64 bytes. */
export function encodeStatement(statement: StatementMessage): Uint8Array {
  const { flags, k, rThrough, lThrough, seen, epoch, timeMs, signature } = statement;
  if (signature.length !== SIGNATURE_BYTES) {
    throw new RangeError(`a signature has ${SIGNATURE_BYTES} bytes, not ${signature.length}`);
  }
  const counts = varintLength(k) + varintLength(rThrough) + varintLength(lThrough);
  const length = 1 + counts + varintLength(seen) + varintLength(epoch) + 8 + SIGNATURE_BYTES;
  const body = new Uint8Array(length);
  const w = new Writer().reset(body, 0, length);
  w.u8(flags);
  w.varint(k);
  w.varint(rThrough);
  w.varint(lThrough);
  w.varint(seen);
  w.varint(epoch);
  w.u64(timeMs);
  w.bytes(signature);
  return body;
}

/**
 * Reads the body of a STATEMENT; `signature` is a view into it. Undefined when it is malformed or a
 * flag is set that has no meaning. Whether the numbers fit the chain is not checked here.
 */
export function decodeStatement(body: Uint8Array): StatementMessage | undefined {
  const r = new Reader().reset(body, 0, body.length);
  const statement: StatementMessage = {
    flags: r.u8(),
    k: r.varint(),
    rThrough: r.varint(),
    lThrough: r.varint(),
    seen: r.varint(),
    epoch: r.varint(),
    timeMs: r.u64(),
    signature: r.bytes(SIGNATURE_BYTES),
  };
  const known = (statement.flags & ~KNOWN_FLAGS) === 0;
  return r.done && known && statement.epoch <= MAX_EPOCH ? statement : undefined;
}
